/* A cheap HTTP/1.1 client: keep-alive connections on one epoll, each prepared request sent exactly once.
 *
 *     driver PORT PORTS CONNECTIONS < requests  each request is its length in decimal, a newline, its bytes
 *
 * The connections go to PORTS ports in turn, from PORT on, as a proxy spreads them over the processes of a site.
 * Writes "total MICROSECONDS", then for each answer "STATUS MICROSECONDS". The body of the first answer that is
 * not a 201 goes to stderr. It shares the machine with what it measures, so it does next to nothing: of an answer
 * it reads the status and the Content-Length.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 64, ROOM = 65536, PATIENCE_MS = 30000 };

struct request { const char *text; size_t length; };
struct answer { int status; long took; };
struct connection { int socket; long started; size_t filled; char buffer[ROOM]; };

static struct request *requests;
static struct answer *answers;
static size_t sent, answered, known;
static struct connection connections[MOST_CONNECTIONS];

static void fail(const char *what) { perror(what); exit(1); }

static long now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000000L + at.tv_nsec / 1000;
}

/* Reads every request into memory. */
static void load(void) {
    size_t length, room = 0;
    while (scanf("%zu", &length) == 1 && getchar() == '\n') {
        if (known == room && !(requests = realloc(requests, (room = 2 * room + 64) * sizeof *requests))) fail("memory");
        char *text = malloc(length);
        if (!text || fread(text, 1, length, stdin) != length) fail("request");
        requests[known++] = (struct request){text, length};
    }
    if (!(answers = calloc(known + 1, sizeof *answers))) fail("memory");
}

static int dial(int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int number = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    if (number < 0 || connect(number, (struct sockaddr *)&to, sizeof to)) fail("connect");
    setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return number;
}

static void send_next(struct connection *on) {
    const struct request *next = &requests[sent++];
    on->started = now();
    on->filled = 0;
    for (size_t done = 0; done < next->length;) {
        ssize_t wrote = write(on->socket, next->text + done, next->length - done);
        if (wrote <= 0) fail("write");
        done += wrote;
    }
}

/* Says whether the answer on this connection is whole, and notes it. */
static int receive(struct connection *on) {
    ssize_t got = read(on->socket, on->buffer + on->filled, ROOM - 1 - on->filled);
    if (got <= 0) fail("the server closed a connection");
    on->filled += got;
    on->buffer[on->filled] = 0;
    const char *body = strstr(on->buffer, "\r\n\r\n"), *length = strcasestr(on->buffer, "\r\ncontent-length:");
    if (!body || !length || length > body || on->filled < (size_t)(body + 4 - on->buffer) + strtoul(length + 17, 0, 10))
        return 0;
    struct answer *note = &answers[answered++];
    *note = (struct answer){atoi(on->buffer + strlen("HTTP/1.1 ")), now() - on->started};
    static int told;
    if (note->status != 201 && !told++) fprintf(stderr, "%s\n", body + 4);
    return 1;
}

int main(int count, char **words) {
    if (count != 4) return 2;
    size_t ports = strtoul(words[2], 0, 10), wanted = strtoul(words[3], 0, 10);
    load();
    if (wanted > known) wanted = known;
    if (ports < 1 || wanted < 1 || wanted > MOST_CONNECTIONS) return 2;
    int poll = epoll_create1(0);
    for (size_t i = 0; i < wanted; i++) {
        connections[i].socket = dial(atoi(words[1]) + i % ports);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &connections[i]};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, connections[i].socket, &event)) fail("epoll");
    }
    long started = now();
    for (size_t i = 0; i < wanted; i++) send_next(&connections[i]);
    while (answered < known) {
        struct epoll_event ready[MOST_CONNECTIONS];
        int found = epoll_wait(poll, ready, MOST_CONNECTIONS, PATIENCE_MS);
        if (found <= 0) fail("no answer");
        for (int i = 0; i < found; i++)
            if (receive(ready[i].data.ptr) && sent < known) send_next(ready[i].data.ptr);
    }
    printf("total %ld\n", now() - started);
    for (size_t i = 0; i < known; i++) printf("%d %ld\n", answers[i].status, answers[i].took);
    return 0;
}
