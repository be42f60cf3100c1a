"""A partner's witness: co-signs a log's checkpoints and never two that disagree (spec 08-witness).

rules       what to answer to a request, in order          store       what must survive a crash
server      HTTP in and out                                config      the partner's settings
metrics     numbers for Prometheus
"""
