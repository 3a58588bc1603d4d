# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that results, warnings and logs hold no secret and only visible characters."""

from __future__ import annotations

import pytest
from modules import run

from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import Session
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
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


def test_message_and_failure_are_redacted():
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


def test_the_message_of_a_module_is_redacted():
    assert ended(failing(msg=ODD)).msg == PLAIN


def test_the_log_of_the_system_gets_no_secret_of_a_list(monkeypatch):
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
def test_visible_options(given, shown):
    assert visible_options(given, SPEC) == shown


@pytest.mark.parametrize("option", ["text", "txt"])
def test_a_failure_shows_only_options_that_are_not_secret(option):
    options = {"clusters": [{"name": "shop", option: [f"{SECRET}\n{SECRET}\n"]}]}

    def main():
        spec = {"type": "list", "elements": "dict", "options": {"text": {"type": "str", "no_log": True}, "name": {}}}
        RedactingModule(argument_spec={"clusters": spec}).fail_json("no")

    ran = run(main, options)
    assert ran.failed and SECRET not in ran.output and "shop" in str(ran.result.get("invocation", "shop"))


def test_warnings_are_redacted():
    assert ended(lambda module: module.ansible.warn(ODD) or {}).warnings == [PLAIN]


VALUE = "red [31m    ******** x"


@pytest.mark.parametrize("failed", [True, False])
def test_an_entry_of_a_list_of_results_is_redacted(failed):
    entry = {"failed": failed, "msg": ODD, "warnings": [ODD], "failure": {"error_msg": ODD}, "cluster": {"name": ODD}}
    results = ended(lambda _module: {"results": [entry, "no mapping"]}).result["results"]
    assert results[0] == {
        "failed": failed,
        "msg": PLAIN,
        "warnings": [PLAIN],
        "failure": {"error_msg": PLAIN},
        "cluster": {"name": VALUE},
    }
    assert results[1] == "no mapping"


def test_a_message_about_a_success_is_examined_only_if_a_value_beside_it_is(monkeypatch):
    examined = []
    redact = Redactor.redact
    monkeypatch.setattr(Redactor, "redact", lambda self, text: examined.append(text) or redact(self, text))

    def entries(*names):
        def work(module):
            module.session.redactor.allow("shop-production")
            return {"results": [{"failed": False, "msg": f"registered {name}", "name": name} for name in names]}

        return ended(work).result["results"]

    assert [entry["msg"] for entry in entries("shop-production")] == ["registered shop-production"]
    assert not any(text.startswith("registered") for text in examined)
    assert [entry["msg"] for entry in entries(f"shop {SECRET}")] == ["registered shop ********"]


@pytest.mark.parametrize(
    "value, shown",
    [
        ("a\x1b[2Jb", "a [2Jb"),
        ("a\u202eb\u200bc", "a b c"),
        ("a\nb\tc\x9b", "a b c "),
        ("a\ufe0fb\u3164", "a b "),
        ("a  b", "a  b"),
        ("密码\u3000x\u00a0y", "密码\u3000x\u00a0y"),
        ("x" * 6001, "x" * 5999 + "…"),
        (SECRET[:9], "********"),
        (7, 7),
        (None, None),
    ],
)
def test_a_value_of_the_service_holds_no_secret_and_only_visible_characters(value, shown):
    ran = ended(lambda _module: {"clusters": [{"name": value, "inside": {"n": [value]}}], "server": value})
    assert ran.result["clusters"] == [{"name": shown, "inside": {"n": [shown]}}] and ran.result["server"] == shown


def test_manifests_stay_as_they_are_and_commands_keep_their_lines():
    ran = ended(
        lambda _module: {"manifests": [{"a": "\u202e\n"}], "image_command": f"a {SECRET}\nb\u202ec", "other": "a\nb"}
    )
    assert (ran.result["manifests"], ran.result["other"]) == ([{"a": "\u202e\n"}], "a b")
    assert ran.result["image_command"] == "a ********\nb c"


def test_a_diff_keeps_its_lines_and_the_names_of_fields():
    before = f"image_repo_password: \x1b[2J\n  b.{SECRET}: {SECRET}\n"

    def work(module):
        module.session.redactor.add("image_repo_password")
        return {"diff": {"before": before, "after": ""}}

    assert ended(work).result["diff"]["before"] == "image_repo_password: [2J\n  b.********: ********\n"


def test_a_bug_is_reported_with_its_location_only():
    ran = ended(raising(ValueError(SECRET)))
    assert ran.msg.startswith("Unexpected ValueError at test_redacting.py:") and SECRET not in ran.output


def test_a_message_about_invalid_options_is_sanitized():
    ran = run(lambda: HssModule({}), {"regi\x1b[2Jon": "x"})
    assert ran.failed and "\x1b" not in ran.msg and "regi [2Jon" in ran.msg


def run_with(**params):
    """Newer versions of ansible-core do not pass half of a character to a module, so it is put in afterwards."""

    def main():
        module = HssModule({})
        module.params.update(params)
        module.run(dict)

    return run(main, {})


@pytest.mark.parametrize("option", ["region", "project_id", "access_key", "ca_path"])
def test_half_of_a_character_in_an_option_is_an_error_message(option):
    ran = run_with(**{option: "a\udcff"})
    assert ran.msg == f"{option}: holds half of a character. It must be UTF-8 text; type it again."
    assert ran.result["failure"]["outcome"] == "not_sent"
    assert not run_with(**{option: "ä😀"}).failed


def test_half_of_a_character_inside_of_a_list_is_named_by_its_place():
    ran = run_with(clusters=[{"name": "a"}, {"name": "b\ud800"}])
    assert ran.msg.startswith("clusters[1].name: holds half of a character.")


@pytest.mark.parametrize(
    "request_with",
    [
        lambda api, value: api.list_clusters(value),
        lambda api, value: api.show_install_script(value),
        lambda api, value: api.list_permissions(value),
        lambda api, value: api.show_daemonset(value),
        lambda api, value: api.delete_cluster(value, "shop"),
    ],
)
def test_half_of_a_character_in_an_id_is_an_error_without_a_request(request_with):
    """Action plugins use the session without a module."""
    options = {"access_key": "A" * 20, "secret_key": "S" * 40, "project_id": "p", "timeout": 1, "max_retries": 0}
    api = Session({**options, "endpoint": "https://127.0.0.1:1"}, {}, Redactor(), str).api()
    with pytest.raises(HssError) as caught:
        request_with(api, "a\udcff")
    assert caught.value.outcome == "not_sent" and "refused the connection" not in str(caught.value)
    with pytest.raises(HssError, match="refused the connection"):
        request_with(api, "äb")
