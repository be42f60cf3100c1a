// What the desk's pages do by themselves: bring the reader to the errors, warn before the time is up, print.
// Everything works without this file; it only saves steps.
'use strict'

function focusErrors() {
  const summary = document.getElementById('errors')
  if (summary) summary.focus()
}

function warnBeforeLogout() {
  const dialog = document.getElementById('timeout')
  if (!dialog) return
  const warnAfter = (Number(dialog.dataset.idle) - Number(dialog.dataset.warn)) * 1000
  let timer = 0
  const start = () => {
    clearTimeout(timer)
    timer = setTimeout(() => dialog.showModal(), warnAfter)
  }
  // Each answer of the server has started the time anew, also one that htmx asked for.
  document.addEventListener('htmx:afterRequest', start)
  dialog.addEventListener('close', start)
  const form = dialog.querySelector('form')
  // Who presses Escape is still there: closing alone would not tell the server.
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault()
    form.requestSubmit()
  })
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    fetch(event.target.action, { method: 'POST', body: new FormData(event.target) })
      .then((answer) => (answer.ok && !answer.redirected ? dialog.close() : location.reload()))
      .catch(() => dialog.close())
  })
  start()
}

// A second press on a button that is already at work would only confuse.
function sendOnce() {
  for (const form of document.querySelectorAll('form[data-once]')) {
    let sent = false
    form.addEventListener('submit', (event) => {
      if (sent) event.preventDefault()
      sent = true
    })
  }
  window.addEventListener('pageshow', (event) => event.persisted && location.reload())
}

function printButtons() {
  for (const button of document.querySelectorAll('[data-print]')) {
    button.hidden = false
    button.addEventListener('click', () => window.print())
  }
}

document.addEventListener('DOMContentLoaded', () => {
  focusErrors()
  warnBeforeLogout()
  sendOnce()
  printButtons()
})
