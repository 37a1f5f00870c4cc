"""The page that those see who may not pass the gate."""

from __future__ import annotations

from html import escape

_TITLES = {400: "Wrong address", 401: "This dashboard needs its token", 403: "Refused"}

_WAY_IN = """
<p>Open the address that was shown when the dashboard started. It ends like this:</p>
<pre>http://127.0.0.1:8765/?token=…</pre>
<p>It is asked for once; this browser remembers it afterwards. After the dashboard was
started anew, use its new address.</p>
<form method="get" action="/">
<label for="token">Or enter the token itself</label>
<div class="row"><input id="token" name="token" type="password" autocomplete="off" required>
<button type="submit">Enter</button></div>
</form>
"""

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · sweeper</title>
<style>
:root {{ color-scheme: light dark; --page: #f6f7f9; --paper: #fff; --ink: #1b1f27;
  --soft: #5a6270; --line: #dfe3ea; --accent: #3b5bdb; }}
@media (prefers-color-scheme: dark) {{ :root {{ --page: #14161b; --paper: #1d2027;
  --ink: #e8eaee; --soft: #a2a9b6; --line: #343945; --accent: #91a7ff; }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 16px;
  background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }}
main {{ max-width: 34rem; width: 100%; background: var(--paper); padding: 28px 32px;
  border: 1px solid var(--line); border-radius: 12px; }}
h1 {{ font-size: 1.35rem; margin: 0 0 .6rem; }}
p, label {{ color: var(--soft); }}
pre {{ overflow-x: auto; padding: 10px 14px; border: 1px solid var(--line); border-radius: 8px; }}
.row {{ display: flex; gap: 8px; margin-top: 6px; }}
input, button {{ font: inherit; padding: 8px 12px; border-radius: 8px;
  border: 1px solid var(--line); background: var(--page); color: var(--ink); }}
input {{ flex: 1; min-width: 0; }}
button {{ background: var(--accent); border-color: var(--accent); color: var(--paper); }}
</style></head>
<body><main><h1>{title}</h1>{body}</main></body></html>
"""


def denied_page(status: int, reason: str) -> str:
    """Write the page for a refusal.

    Args:
        status: 400, 401 or 403.
        reason: one sentence; the page for 401 says how to get in instead.
    """
    body = _WAY_IN if status == 401 else f"<p>{escape(reason)}</p>"
    return _PAGE.format(title=_TITLES[status], body=body)
