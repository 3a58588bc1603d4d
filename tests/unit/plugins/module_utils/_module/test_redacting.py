# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No words leave a module that hold a secret or steer a terminal; its data leaves as it is."""

from __future__ import annotations

import pytest
from modules import run

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError
from ansible_collections.huaweicloud.hss.plugins.module_utils._module.frame import HssModule
from ansible_collections.huaweicloud.hss.plugins.module_utils._module.redacting import (
    HIDDEN,
    RedactingModule,
    visible_options,
)

SECRET = "kX3vQ9zR7wB2nM5tY8pL"
ODD = f"red\x1b[31m \u202e\x9b {SECRET[2:]} x"
PLAIN = "red [31m ******** x"


def ended(work):
    def main():
        module = HssModule({})
        module.session.hide(SECRET)
        module.run(lambda: work(module))

    return run(main, {})


def failing(**result):
    def work(module):
        module.ansible.fail_json(**result)

    return work


def raising(error):
    def work(_module):
        raise error

    return work


def test_a_message_and_a_failure():
    ran = ended(raising(HssError(f"No {ODD}", error_code=f"A {ODD}", error_msg=ODD, request_id=ODD, hint=f"Try {ODD}")))
    assert ran.msg == f"No {PLAIN}: A {PLAIN}: {PLAIN} (request id {PLAIN}). Try {PLAIN}"
    assert ran.result["failure"] == {
        "operation": None,
        "http_status": None,
        "error_code": f"A {PLAIN}",
        "error_msg": PLAIN,
        "request_id": PLAIN,
        "hint": f"Try {PLAIN}",
        "outcome": "not_sent",
    }


def test_a_message_of_a_modules_own():
    assert ended(failing(msg=ODD)).msg == PLAIN


def test_the_systems_log_gets_no_secret_of_a_list(monkeypatch):
    """Of several lines, as a kubeconfig is one."""
    text = f"first: {SECRET}\nsecond: {SECRET[::-1]}\n"
    logged = []
    options = {"text": {"type": "str", "no_log": True}, "name": {"type": "str"}}
    spec = {"clusters": {"type": "list", "elements": "dict", "options": options}}

    def main():
        monkeypatch.setattr(RedactingModule, "log", lambda _self, msg, log_args=None: logged.append((msg, log_args)))
        module = RedactingModule(argument_spec=spec)
        module.exit_json(same=module.params["clusters"][0]["text"] == text)

    assert run(main, {"clusters": [{"name": "shop", "text": text}]}).result["same"] is True
    assert "shop" in str(logged) and SECRET not in str(logged) and SECRET[::-1] not in str(logged)


SPEC = {
    "name": {"type": "str"},
    "text": {"type": "str", "no_log": True, "aliases": ["content"]},
    "one": {"type": "dict", "options": {"text": {"no_log": True}, "name": {}}},
    "many": {"type": "list", "elements": "dict", "options": {"text": {"no_log": True}, "name": {}}},
}


@pytest.mark.parametrize(
    "given, shown",
    [
        ({"name": "a", "text": None}, {"name": "a", "text": None}),
        ({"text": SECRET}, {"text": HIDDEN}),
        ({"content": SECRET}, {"content": HIDDEN}),
        ({"text": [SECRET]}, {"text": HIDDEN}),
        ({"txt": SECRET}, {"txt": HIDDEN}),
        ({"one": {"text": SECRET, "name": "a"}}, {"one": {"text": HIDDEN, "name": "a"}}),
        ({"one": SECRET}, {"one": HIDDEN}),
        ({"many": [{"text": SECRET, "name": "a"}, SECRET]}, {"many": [{"text": HIDDEN, "name": "a"}, HIDDEN]}),
        ({"many": [{"txt": SECRET}]}, {"many": [{"txt": HIDDEN}]}),
        ({"many": SECRET}, {"many": HIDDEN}),
        ({"many": {"text": SECRET}}, {"many": {"text": HIDDEN}}),
        ({"name": f"https://op:{SECRET}@10.0.0.5"}, {"name": HIDDEN}),
        ({"name": [f"http://{SECRET}@proxy:3128"]}, {"name": HIDDEN}),
        ({"name": "https://10.0.0.5/a@b"}, {"name": "https://10.0.0.5/a@b"}),
    ],
)
def test_options_as_everybody_may_see_them(given, shown):
    assert visible_options(given, SPEC) == shown


@pytest.mark.parametrize("option", ["text", "txt"])
def test_a_failure_shows_no_option_that_is_not_known_to_be_harmless(option):
    options = {"clusters": [{"name": "shop", option: [f"{SECRET}\n{SECRET}\n"]}]}

    def main():
        spec = {"type": "list", "elements": "dict", "options": {"text": {"type": "str", "no_log": True}, "name": {}}}
        RedactingModule(argument_spec={"clusters": spec}).fail_json("no")

    ran = run(main, options)
    assert ran.failed and SECRET not in ran.output and "shop" in str(ran.result.get("invocation", "shop"))


def test_warnings():
    assert ended(lambda module: module.ansible.warn(ODD) or {}).warnings == [PLAIN]


@pytest.mark.parametrize("failed", [True, False])
def test_one_result_of_many(failed):
    entry = {"failed": failed, "msg": ODD, "warnings": [ODD], "failure": {"error_msg": ODD}, "cluster": {"name": ODD}}
    ran = ended(lambda _module: {"results": [entry, "no mapping"]})
    said = ran.result["results"][0]
    # What went well is told in words of ours, which are made plain only.
    assert said["msg"] == (PLAIN if failed else f"red [31m {SECRET[2:]} x")
    assert (said["warnings"], said["failure"]) == ([PLAIN], {"error_msg": PLAIN})
    assert said["cluster"] == {"name": ODD} and ran.result["results"][1] == "no mapping"


def test_a_diff_keeps_its_lines_and_data_is_left_alone():
    ran = ended(lambda _module: {"diff": {"before": "a:\n  b: \x1b[2J\n", "after": ""}, "clusters": [{"n": "\x1b[2J"}]})
    assert ran.result["diff"] == {"before": "a:\n  b: [2J\n", "after": ""}
    assert ran.result["clusters"] == [{"n": "\x1b[2J"}]


def test_a_bug_is_told_by_its_place_alone():
    ran = ended(raising(ValueError(SECRET)))
    assert ran.msg.startswith("Unexpected ValueError at test_redacting.py:") and SECRET not in ran.output


def test_wrong_options_are_told_in_plain_words():
    ran = run(lambda: HssModule({}), {"regi\x1b[2Jon": "x"})
    assert ran.failed and "\x1b" not in ran.msg and "regi [2Jon" in ran.msg
