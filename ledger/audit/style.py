"""How the page for people looks: on a phone, on a desk, on paper."""

CSS = """
:root { --ink: #16202b; --soft: #4a5766; --line: #d5dbe2; --good: #17693b; --bad: #a8171f; --none: #5f6b78;
  --c1: #b9c4d0; --c2: #1f5fa8; --c3: #e08a00; --c4: #17693b; --c5: #6b4a9c; }
* { box-sizing: border-box; }
body { margin: 0; background: #f3f5f7; color: var(--ink);
  font: 1.0625rem/1.55 system-ui, "Noto Sans", sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
main > * { background: #fff; border-radius: .75rem; padding: 1.25rem; margin: 0 0 1rem; }
header { color: #fff; }
header.good { background: var(--good); }
header.bad { background: var(--bad); }
header p { margin: .25rem 0 0; overflow-wrap: anywhere; }
.kicker { font-weight: 600; }
.lead { font-size: 1.25rem; }
h1 { display: flex; align-items: center; gap: .75rem; font-size: clamp(2rem, 8vw, 3.25rem); line-height: 1.1;
  margin: .5rem 0; }
h2 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .75rem; }
h3 { display: flex; align-items: flex-start; gap: .6rem; font-size: 1.0625rem; line-height: 1.35;
  margin: 0 0 .5rem; }
h3 small { display: block; font-weight: 400; color: var(--soft); }
p { margin: 0 0 .75rem; }
ul { list-style: none; margin: 0; padding: 0; }
.mark { flex: none; width: 1.5rem; height: 1.5rem; }
.mark circle { fill: var(--none); }
.mark path { fill: none; stroke: #fff; stroke-width: 2.6; stroke-linecap: round; stroke-linejoin: round; }
.mark.ok circle { fill: var(--good); }
.mark.failed circle { fill: var(--bad); }
header .mark { width: 1em; height: 1em; }
header .mark.ok circle, header .mark.failed circle { fill: #fff; }
header.good .mark path { stroke: var(--good); }
header.bad .mark path { stroke: var(--bad); }
.finding { border-left: .3rem solid var(--bad); padding: .25rem 0 .25rem 1rem; margin: 0 0 1rem; }
.finding li { font: .9rem/1.45 ui-monospace, monospace; overflow-wrap: anywhere; margin: .35rem 0; }
summary { cursor: pointer; min-height: 3rem; display: list-item; padding: .7rem 0; }
.warning { border-left: .3rem solid var(--bad); padding-left: .75rem; font-weight: 600; }
.sure { font-weight: 600; }
.bar { display: block; width: 100%; height: 4rem; margin: 0 0 1rem; }
rect.budgets { fill: var(--c1); } rect.pots { fill: var(--c2); } rect.owed { fill: var(--c3); }
rect.paid { fill: var(--c4); } rect.closed { fill: var(--c5); }
.legend { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: .6rem 1.5rem; }
.legend li { display: grid; grid-template-columns: 1.25rem 1fr; gap: 0 .6rem; align-items: center; }
.legend b { font-size: 1.15rem; white-space: nowrap; }
.legend span { grid-column: 2; color: var(--soft); }
.swatch { width: 1.25rem; height: 1.25rem; }
.witnesses { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: .75rem 1.5rem;
  margin: 0 0 1rem; }
.witnesses li { display: grid; grid-template-columns: 1.5rem 1fr; gap: 0 .6rem; align-items: center; }
.witnesses span { grid-column: 2; color: var(--soft); }
.groups { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1rem; }
.group { border: 1px solid var(--line); border-top: .3rem solid var(--none); border-radius: .5rem;
  padding: 1rem; }
.group.ok { border-top-color: var(--good); }
.group.failed { border-top-color: var(--bad); }
.group li { display: flex; gap: .6rem; padding: .2rem 0; color: var(--soft); }
.group li .mark { width: 1.1rem; height: 1.1rem; margin-top: .25rem; }
dt { font-weight: 600; margin: .75rem 0 .1rem; }
dd { margin: 0; color: var(--soft); }
code { overflow-wrap: anywhere; font-size: .9rem; }
@media print {
  @page { margin: 12mm; size: A4; }
  html { font-size: 9pt; }
  body { background: #fff; font-size: 9pt; }
  h1 { font-size: 24pt; margin: 1mm 0; }
  h2 { font-size: 12pt; margin: 0 0 1mm; break-after: avoid; }
  p, .witnesses { margin-bottom: 1mm; }
  main { padding: 0; max-width: none; }
  main > * { padding: 2mm 0; margin: 0 0 2mm; border-radius: 0; }
  header.good, header.bad { background: #fff; color: var(--ink); border-bottom: 1mm solid var(--good); }
  header.bad { border-color: var(--bad); }
  header .mark.ok circle { fill: var(--good); }
  header .mark.failed circle { fill: var(--bad); }
  header .mark path, header.good .mark path, header.bad .mark path { stroke: #fff; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .group, .finding, .legend li { break-inside: avoid; }
  .groups { grid-template-columns: 1fr 1fr; gap: 2mm; }
  .group { padding: 2mm; }
  .bar { height: 8mm; }
}
"""
