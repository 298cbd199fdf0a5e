/** Stylesheet of the documentation: dark or light by system setting, also for narrow screens. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #fbfbfa; --card: #fff; --ink: #1d2126; --soft: #5b6570;
  --line: #dfe3e6; --accent: #0b6bcb; --code: #f1f3f4; --get: #137a4b; --post: #a2560b; }
@media (prefers-color-scheme: dark) { :root { --ground: #101418; --card: #171c22; --ink: #e4e9ee;
  --soft: #9aa7b4; --line: #2a323b; --accent: #6db3ff; --code: #1f262e; --get: #53c98d; --post: #e6a35c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.55 system-ui, "Segoe UI", Roboto, sans-serif; }
.frame { display: grid; grid-template-columns: 290px minmax(0, 1fr); max-width: 1180px; margin: 0 auto; }
nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto;
  padding: 24px 12px 24px 20px; border-right: 1px solid var(--line); font-size: 13.5px; }
nav h2 { font-size: 12px; text-transform: uppercase; letter-spacing: .06em; color: var(--soft);
  margin: 18px 0 4px; }
nav a { display: block; padding: 2px 0; overflow-wrap: anywhere; }
main { padding: 24px 28px 80px; }
a { color: var(--accent); text-decoration: none; }
main a, a:hover, a:focus-visible { text-decoration: underline; }
h1 { font-size: 26px; margin: 0 0 4px; }
main h2 { font-size: 20px; margin: 40px 0 4px; }
.soft { color: var(--soft); }
article { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 14px 18px; margin: 14px 0; scroll-margin-top: 12px; }
article h3 { margin: 0; font: 600 15px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace;
  overflow-wrap: anywhere; }
article p { margin: 6px 0; }
.method { color: var(--get); margin-right: 8px; }
.method.post, .method.delete, .method.put, .method.patch { color: var(--post); }
.role { font: 12px system-ui, sans-serif; color: var(--soft); border: 1px solid var(--line);
  border-radius: 10px; padding: 1px 8px; margin-left: 8px; }
code, pre { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
code { background: var(--code); border-radius: 4px; padding: 1px 4px; overflow-wrap: anywhere; }
pre { background: var(--code); border-radius: 6px; padding: 10px 12px; margin: 6px 0; overflow-x: auto; }
pre code { padding: 0; background: none; overflow-wrap: normal; }
table { border-collapse: collapse; width: 100%; margin: 8px 0; }
td, th { text-align: left; vertical-align: top; padding: 5px 12px 5px 0; border-top: 1px solid var(--line); }
th { font-size: 12px; color: var(--soft); font-weight: 600; border-top: 0; }
td:first-child { width: 22%; }
summary { cursor: pointer; color: var(--soft); padding: 4px 0; }
@media (max-width: 760px) { .frame { display: block; }
  nav { position: static; max-height: none; border-right: 0; border-bottom: 1px solid var(--line);
    padding: 16px; }
  nav details { margin: 0; } main { padding: 16px 14px 60px; } td:first-child { width: 34%; } }
`;
