# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the report as one page that needs nothing else. No I/O.

The page is well-formed XML as well, so that every parser sees the same elements. Its policy allows only its own script
and style, by their hashes: markup that slipped into a text could not run.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from .findings import ERROR, worst

_STYLE = """
:root { color-scheme: light dark; --fg: #1b1f24; --bg: #fff; --soft: #f3f5f7; --line: #c9d0d8; --mute: #525c67;
  --bad: #a40e26; --warn: #7a4b00; --good: #0b6b2e; --link: #0550ae; }
@media (prefers-color-scheme: dark) { :root { --fg: #e8ebee; --bg: #14181c; --soft: #20262c; --line: #434c56;
  --mute: #a9b3bd; --bad: #ff9aa5; --warn: #f2c26b; --good: #7ddc9a; --link: #8cc2ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 90rem; background: var(--bg); color: var(--fg);
  font: 1rem/1.5 system-ui, "Noto Sans", "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif; }
header { display: flex; flex-wrap: wrap; gap: .5rem 2rem; justify-content: space-between; align-items: baseline; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
p { margin: .3rem 0; } .mute { color: var(--mute); }
button { font: inherit; color: inherit; background: var(--soft); border: 1px solid var(--line); border-radius: .3rem;
  padding: .15rem .6rem; cursor: pointer; }
button[aria-pressed=true] { border-color: var(--link); color: var(--link); font-weight: 600; }
button:focus-visible, .scroll:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 1rem 0 0; }
dl div { background: var(--soft); border: 1px solid var(--line); border-radius: .4rem; padding: .6rem .8rem; }
dt { color: var(--mute); } dd { margin: 0; font-size: 1.6rem; font-weight: 600; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--mute); padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line); }
tbody th, td.wide, td.name { overflow-wrap: anywhere; min-width: 11rem; } tbody th .mute { font-weight: 400; }
thead th { background: var(--soft); white-space: nowrap; }
th button { border: 0; background: none; padding: 0; font-weight: 600; text-align: left; }
th[aria-sort=ascending] button::after { content: " \\25B2"; }
th[aria-sort=descending] button::after { content: " \\25BC"; }
td.number, td.date { white-space: nowrap; } td.number { text-align: right; }
td ul { margin: 0; padding-left: 1.1rem; } td.wide { min-width: 18rem; } td.name { min-width: 8rem; }
.error { color: var(--bad); font-weight: 600; } .warning { color: var(--warn); font-weight: 600; }
.good { color: var(--good); } .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); }
@media print { :root { --fg: #000; --bg: #fff; --soft: #fff; --line: #777; --mute: #333; --bad: #800; --warn: #530;
  --good: #040; } body { padding: 0; max-width: none; font-size: 9pt; } nav, .hidden { display: none; }
  .scroll { overflow: visible; } thead { display: table-header-group; } tr, dl div { break-inside: avoid; }
  tbody th, td.wide, td.name { min-width: 0; } thead th { white-space: normal; } h2 { break-after: avoid; }
  @page { size: landscape; margin: 12mm; } }
"""

# Without the characters that XML gives a meaning, so that the page stays well-formed.
_SCRIPT = """
(function () {
  "use strict";
  var root = document.documentElement, status = document.getElementById("status");
  function each(list, action) { Array.prototype.forEach.call(list, action); }
  function speak(language) {
    root.lang = language === "zh" ? "zh-CN" : "en";
    each(document.querySelectorAll("[data-" + language + "]"), function (element) {
      element.textContent = element.getAttribute("data-" + language);
    });
    each(document.querySelectorAll("button[data-language]"), function (button) {
      button.setAttribute("aria-pressed", String(button.getAttribute("data-language") === language));
    });
    document.title = document.querySelector("h1").textContent;
  }
  each(document.querySelectorAll("button[data-language]"), function (button) {
    button.addEventListener("click", function () { speak(button.getAttribute("data-language")); });
  });
  function key(row, column) {
    var cell = row.children[column], value = cell.getAttribute("data-key");
    return value === null ? cell.textContent : value;
  }
  function compare(first, second) {
    if (first === "" || second === "") { return first === second ? 0 : first === "" ? 1 : -1; }
    var difference = Number(first) - Number(second);
    return isNaN(difference) ? first.localeCompare(second, root.lang) : difference;
  }
  each(document.querySelectorAll("th button"), function (button) {
    var head = button.parentNode;
    button.addEventListener("click", function () {
      var table = head.closest("table"), body = table.tBodies[0];
      var column = Array.prototype.indexOf.call(head.parentNode.children, head);
      var down = head.getAttribute("aria-sort") === "ascending";
      each(head.parentNode.children, function (other) { other.setAttribute("aria-sort", "none"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      var rows = Array.prototype.slice.call(body.rows);
      rows.sort(function (first, second) {
        var a = key(first, column), b = key(second, column), order = compare(a, b);
        return down ? (a === "" || b === "" ? order : -order) : order;
      });
      rows.forEach(function (row) { body.appendChild(row); });
      status.textContent = button.textContent + (down ? " \\u25BC" : " \\u25B2");
    });
  });
}());
"""

_STATUSES = {
    "connect_success": ("connected", "已连接"),
    "not_connect": ("never connected", "未连接"),
    "connect_fail": ("connection failed", "连接失败"),
    "connect_disruption": ("connection lost", "连接中断"),
}
_PROVIDERS = {
    "ali": ("Alibaba Cloud", "阿里云"),
    "tencent": ("Tencent Cloud", "腾讯云"),
    "azure": ("Azure", "Azure"),
    "aws": ("AWS", "AWS"),
    "self_built_hw": ("self-built on Huawei Cloud", "华为云自建"),
    "self_built_idc": ("self-built in a data centre", "IDC 自建"),
}
_SEVERITIES = {ERROR: ("Error", "错误"), "warning": ("Warning", "警告")}
_BUTTON = ' type="button"'
# No finding at all, or what is not known.
_NONE = "–"


class _Page:
    """Writes elements in one language, with both languages in attributes for the script."""

    def __init__(self, language: str) -> None:
        self._index = 1 if language == "zh" else 0

    def text(self, english: str, chinese: str, tag: str = "span", attributes: str = "") -> str:
        """An element whose text has two languages."""
        shown = (english, chinese)[self._index]
        both = f'data-en="{_escape(english)}" data-zh="{_escape(chinese)}"'
        return f"<{tag} {both}{attributes}>{_escape(shown)}</{tag}>"

    def heads(self, columns: Iterable[tuple[str, str]]) -> str:
        """A row of sortable headings."""
        cells = "".join(
            f'<th scope="col" aria-sort="none">{self.text(*column, tag="button", attributes=_BUTTON)}</th>'
            for column in columns
        )
        return f"<thead><tr>{cells}</tr></thead>"

    def table(
        self, title: tuple[str, str], caption: tuple[str, str], columns: Sequence[tuple[str, str]], rows: str
    ) -> str:
        """A section with a table that scrolls on narrow screens."""
        return (
            f"<section>{self.text(*title, tag='h2')}"
            f'<div class="scroll" tabindex="0" role="group" aria-label="{_escape(title[self._index])}">'
            f"<table>{self.text(*caption, tag='caption')}{self.heads(columns)}<tbody>{rows}</tbody></table>"
            "</div></section>"
        )

    def messages(self, findings: Sequence[Mapping[str, str]]) -> str:
        """A list of findings; the severity is said in words, not by the colour alone."""
        if not findings:
            return f'<span class="good">{_NONE}</span>'
        items = "".join(
            f"<li>{self.text(*_SEVERITIES[item['severity']], attributes=_classes(item['severity']))} "
            f"{self.text(item['message'], item['message_zh'])}</li>"
            for item in sorted(findings, key=lambda item: item["severity"] != ERROR)
        )
        return f"<ul>{items}</ul>"


def render(report: Mapping[str, Any], language: str) -> str:
    """Returns the content of the file."""
    page = _Page(language)
    title = ("HSS: registered Kubernetes clusters", "HSS：已注册的 Kubernetes 集群")
    policy = (
        f"default-src 'none'; style-src '{_digest(_STYLE)}'; script-src '{_digest(_SCRIPT)}'; base-uri 'none'; "
        "form-action 'none'"
    )
    sections = [_summary(page, report), _connections(page, report), _clusters(page, report)]
    if report["hosts"]:
        sections.append(_hosts(page, report))
    pressed = ("true", "false") if language != "zh" else ("false", "true")
    return (
        "<!DOCTYPE html>\n"
        f'<html lang="{"zh-CN" if language == "zh" else "en"}" xmlns="http://www.w3.org/1999/xhtml">\n'
        '<head><meta charset="utf-8"/>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"/>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        '<meta name="referrer" content="no-referrer"/>'
        f"<title>{_escape(title[1 if language == 'zh' else 0])}</title>\n"
        f"<style>{_STYLE}</style></head>\n<body>\n"
        f"<header><div>{page.text(*title, tag='h1')}"
        f'<p class="mute">{page.text("As of", "生成时间")} <time datetime="{_escape(report["generated"])}">'
        f"{_escape(report['generated'].replace('T', ' ').replace('Z', ' UTC'))}</time></p></div>"
        '<nav aria-label="Language / 语言">'
        f'<button type="button" data-language="en" lang="en" aria-pressed="{pressed[0]}">English</button> '
        f'<button type="button" data-language="zh" lang="zh-CN" aria-pressed="{pressed[1]}">中文</button>'
        "</nav></header>\n"
        f"<main>\n{chr(10).join(sections)}\n</main>\n"
        '<p id="status" class="hidden" role="status"></p>\n'
        f"<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )


def _summary(page: _Page, report: Mapping[str, Any]) -> str:
    summary = report["summary"]
    days = report["min_days_left"]
    tiles = [
        (("Registered clusters", "已注册集群"), summary["clusters"], ""),
        (("Connected", "已连接"), summary["connected"], ""),
        (
            (f"Under {days} days left", f"剩余不足 {days} 天"),
            summary["expiring"],
            "warning" if summary["expiring"] else "",
        ),
        (("Errors", "错误"), summary["errors"], "error" if summary["errors"] else "good"),
        (("Warnings", "警告"), summary["warnings"], "warning" if summary["warnings"] else "good"),
    ]
    if summary["hosts"]:
        missing = summary["hosts_not_registered"]
        tiles.append((("Hosts not registered", "未注册的主机"), missing, "error" if missing else "good"))
    items = "".join(
        f'<div>{page.text(*label, tag="dt")}<dd class="{classes or "plain"}">{value}</dd></div>'
        for label, value, classes in tiles
    )
    incomplete = (
        ""
        if report["complete"]
        else (
            '<p class="error">'
            + page.text("A connection failed, so this report is incomplete.", "有连接失败，本报告不完整。")
            + "</p>"
        )
    )
    return f"{incomplete}<dl>{items}</dl>"


def _connections(page: _Page, report: Mapping[str, Any]) -> str:
    rows = ""
    for row in report["connections"]:
        quotas = "".join(
            f"<li>{_escape(str(quota['version'] or _NONE).removeprefix('hss.version.'))}: "
            f"{_number(quota['available_num'])} / {_number(quota['total_num'])}</li>"
            for quota in row["quotas"] or ()
        )
        rows += (
            f'<tr><th scope="row">{_escape(row["label"])}</th><td class="number">{row["clusters"]}</td>'
            f"<td>{f'<ul>{quotas}</ul>' if quotas else _NONE}</td>"
            f'<td class="wide">{page.messages(row["findings"])}</td></tr>'
        )
    columns = [
        ("Connection", "连接"),
        ("Clusters", "集群"),
        ("Quota left / total", "剩余 / 总配额"),
        ("Findings", "发现"),
    ]
    caption = ("What was asked, and what quota is left", "查询的连接与剩余配额")
    return page.table(("Connections", "连接"), caption, columns, rows)


def _clusters(page: _Page, report: Mapping[str, Any]) -> str:
    labels = [row["label"] for row in report["connections"]]
    # With one connection, its column would say the same in each row and leave less room for the findings.
    several = len(labels) > 1
    rows = "".join(
        _cluster(page, row, labels[row["connection"]] if several else None, report["min_days_left"])
        for row in report["clusters"]
    )
    columns = [
        ("Cluster", "集群"),
        *([("Connection", "连接")] if several else []),
        ("Provider", "提供商"),
        ("Status", "状态"),
        ("Days left", "剩余天数"),
        ("Until", "有效期至"),
        ("Agents", "Agent"),
        ("Protected", "已防护"),
        ("Hosts", "主机"),
        ("Findings", "发现"),
    ]
    caption = ("One row for each registration. Select a heading to sort.", "每行一个注册。点击表头排序。")
    return page.table(("Clusters", "集群"), caption, columns, rows)


def _cluster(page: _Page, row: Mapping[str, Any], label: str | None, limit: int) -> str:
    status = page.text(*_STATUSES.get(row["status"], (str(row["status"] or _NONE),) * 2))
    provider = page.text(*_PROVIDERS.get(row["provider"], (str(row["provider"] or _NONE),) * 2))
    days, agents, protection = row["days_left"], row["agents"], row["protection"]
    kind = "" if days is None else "error" if days < 0 else "warning" if days < limit else ""
    connection = "" if label is None else f'<td class="name">{_escape(label)}</td>'
    server = f'<br/><span class="mute">{_escape(row["server"])}</span>' if row["server"] else ""
    return (
        f'<tr><th scope="row" data-key="{_escape(row["name"])}">{_escape(row["name"])}{server}</th>'
        f"{connection}<td>{provider}</td>"
        f'<td class="{"good" if row["status"] == "connect_success" else "plain"}">{status}</td>'
        f"{_days(days, kind)}"
        f'<td class="date" data-key="{_escape(row["expires"] or "")}">{_escape(row["expires"] or _NONE)}</td>'
        f"{_share(agents and agents['ready'], agents and agents['desired'])}"
        f"{_share(protection and protection['protected'], protection and protection['nodes'])}"
        f'<td class="name">{_escape(", ".join(row["hosts"]) or _NONE)}</td>'
        f'<td class="wide" data-key="{_severity_key(row["findings"])}">{page.messages(row["findings"])}</td></tr>'
    )


def _hosts(page: _Page, report: Mapping[str, Any]) -> str:
    yes, no, unknown = ("yes", "是"), ("no", "否"), ("unknown", "未知")
    rows = "".join(
        f'<tr><th scope="row">{_escape(row["host"])}</th><td>{_escape(row["name"] or _NONE)}</td>'
        f"<td>{page.text(*(unknown if row['registered'] is None else yes if row['registered'] else no))}</td>"
        f"{_days(row['days_left'], '')}"
        f'<td class="wide" data-key="{_severity_key(row["findings"])}">{page.messages(row["findings"])}</td></tr>'
        for row in report["hosts"]
    )
    columns = [
        ("Host", "主机"),
        ("Cluster", "集群"),
        ("Registered", "已注册"),
        ("Days left on the host", "主机凭证剩余天数"),
        ("Findings", "发现"),
    ]
    caption = (
        "The hosts of the inventory, and whether their clusters are registered",
        "清单中的主机及其集群是否已注册",
    )
    return page.table(("Hosts", "主机"), caption, columns, rows)


def _days(days: Any, kind: str) -> str:
    return f'<td class="number {kind}" data-key="{"" if days is None else days}">{_number(days)}</td>'


def _share(part: Any, total: Any) -> str:
    if total is None:
        return f'<td class="number" data-key="">{_NONE}</td>'
    share = part / total if total else 0
    return f'<td class="number" data-key="{share:.4f}">{part} / {total}</td>'


def _severity_key(findings: list[Mapping[str, str]]) -> str:
    return {ERROR: "0", "warning": "1"}.get(worst(findings) or "", "2")


def _number(value: Any) -> str:
    return _NONE if value is None else _escape(str(value))


def _escape(text: str) -> str:
    """A text as content or in a quoted attribute.

    What XML does not allow was removed from the report, together with all that cannot be printed.
    """
    return escape(text, quote=True)


def _classes(names: str) -> str:
    return f' class="{names}"'


def _digest(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"
