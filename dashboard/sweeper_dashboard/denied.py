"""The pages that those see who may not pass the gate, or not yet."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

_TITLES = {
    200: "Log in",
    400: "Wrong address",
    401: "Log in",
    403: "Refused",
    429: "Too many tries",
}

_PASSWORD = """
<form method="post" action="/login">
<input type="hidden" name="next" value="{target}">
<label for="name">Name</label>
<div class="row"><input id="name" name="name" autocomplete="username" autocapitalize="none"
required autofocus></div>
<label for="password">Password</label>
<div class="row"><input id="password" name="password" type="password"
autocomplete="current-password" required>
<button type="submit">Log in</button></div>
</form>
"""

_TOKEN = """
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

_RETURN = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>sweeper</title>
<meta http-equiv="refresh" content="0; url={target}"></head>
<body><p><a href="{target}">Go on to the dashboard</a></p></body></html>
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
p, label, summary {{ color: var(--soft); }}
label {{ display: block; margin-top: 16px; }}
details {{ margin-top: 20px; padding-top: 14px; border-top: 1px solid var(--line); }}
summary {{ cursor: pointer; }}
pre {{ overflow-x: auto; padding: 10px 14px; border: 1px solid var(--line); border-radius: 8px; }}
.row {{ display: flex; gap: 8px; margin-top: 6px; }}
input, button {{ font: inherit; padding: 8px 12px; border-radius: 8px;
  border: 1px solid var(--line); background: var(--page); color: var(--ink); }}
input {{ flex: 1; min-width: 0; }}
button {{ background: var(--accent); border-color: var(--accent); color: var(--paper); }}
</style></head>
<body><main><h1>{title}</h1>{body}</main></body></html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How people can come in."""

    password: bool = False
    token: bool = False


def denied_page(status: int, reason: str, ways: Ways | None = None, target: str = "/") -> str:
    """Write the page for a refusal, or the one that asks to log in.

    Args:
        status: 200 or 401 to ask, else 400, 403 or 429.
        reason: one sentence.
        ways: how people can come in; those are offered.
        target: the path to go on with after logging in.
    """
    title = _TITLES[status]
    body = f'<p role="alert">{escape(reason)}</p>' if reason else ""
    if ways is not None and status in (200, 401):
        if ways.token and not ways.password:
            title = "This dashboard needs its token"
        body += _PASSWORD.format(target=escape(target)) if ways.password else ""
        # Whoever has a password needs no lesson about the other way.
        body += _folded(_TOKEN) if ways.password and ways.token else ""
        body += _TOKEN if ways.token and not ways.password else ""
    return _PAGE.format(title=title, body=body)


def return_page(target: str) -> str:
    """Write a page that goes to a path at once, as one of this server's own pages would.

    A browser keeps our cookie to itself when a foreign page links here; from here it sends it.
    """
    return _RETURN.format(target=escape("/" + target.lstrip("/\\")))


def _folded(body: str) -> str:
    return f"<details><summary>Come in with the token of the start</summary>{body}</details>"
