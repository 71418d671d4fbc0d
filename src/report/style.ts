/** The report's style sheet: system fonts, light and dark by the reader's preference; plots keep their white ground. */
export const style = `
:root { color-scheme: light dark; --ground: #ffffff; --ink: #1f2933; --quiet: #52606d; --line: #d9dee3; --card: #f5f7fa; --mark: #005a8c; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14181d; --ink: #e4e7eb; --quiet: #a7b1bc; --line: #36404b; --card: #1e242b; --mark: #6cc0f5; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1060px; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; margin: 0 0 .25rem; }
h2 { font-size: 1.3rem; margin: 2.75rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
p, li { max-width: 46rem; }
.lead { color: var(--quiet); margin-top: 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .8rem; padding: 0; margin: 1.5rem 0; list-style: none; }
.cards li { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem; }
.cards strong { display: block; font-size: 1.6rem; color: var(--mark); font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .75rem 0; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--quiet); padding-bottom: .4rem; }
th, td { padding: .34rem .6rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th[scope=row], th:first-child, .text { text-align: left; }
thead th { vertical-align: bottom; font-weight: 600; }
tbody th { font-weight: 400; }
tr.group th { padding-top: .9rem; color: var(--quiet); font-weight: 600; white-space: normal; }
tr.best th, tr.best td { font-weight: 700; }
figure { margin: 1.25rem 0; }
figure .plot { background: #ffffff; border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; padding: .25rem; }
figure svg { display: block; max-width: 100%; height: auto; }
figcaption { color: var(--quiet); font-size: .92rem; margin-top: .4rem; max-width: 46rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; }
dt { color: var(--quiet); }
dd { margin: 0; }
@media (max-width: 640px) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
`;
