# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster notes about the values that HSS never returns, and what is said when they change."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.write_only import WriteOnlyNote

OPTIONS = {
    "image_repo": "registry.example.com",
    "image_repo_username": "robot",
    "image_repo_password": "short",
    "anp_proxy": "http://user:secret@10.0.0.1:3128",
    "dns_config": ["10.0.0.2", "10.0.0.3"],
}


def noted(options):
    """The note as the next run reads it."""
    return WriteOnlyNote.read(WriteOnlyNote.of(options, "one").secret("hss", {})["data"])


def test_equal_values_are_no_difference():
    note = noted(OPTIONS)
    assert note.cluster_id == "one" and note.warnings(OPTIONS) == []
    # The listing shows the address of the registry, so it is compared elsewhere.
    others = {"image_repo": "other", "dns_config": "10.0.0.2;10.0.0.3", "organization": "", "image_arch": None}
    assert note.warnings({**OPTIONS, **others}) == []
    assert note.secret("hss", {"a": "b"}) == note.secret("hss", {"a": "b"})


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"image_repo_username": "robot-2"}, "image_repo_username ('robot')"),
        ({"image_repo_password": "other"}, "image_repo_password,"),
        ({"anp_proxy": None}, "anp_proxy,"),
        ({"organization": "security", "dns_config": []}, "organization (''), dns_config ('10.0.0.2;10.0.0.3')"),
    ],
)
def test_a_changed_value_is_named(changes, shown):
    (text,) = noted(OPTIONS).warnings({**OPTIONS, **changes})
    assert f"HSS has the earlier value of {shown}" in text and "hss_onboard_state: absent" in text


def test_no_password_can_be_guessed_from_the_note_in_a_hurry():
    first, second = (WriteOnlyNote.of(OPTIONS, "one") for _each in range(2))
    text = base64.b64decode(first.secret("hss", {})["data"]["write-only"]).decode()
    assert "short" not in text and "secret" not in text and "robot" in text
    # Equal passwords look different in each cluster, and in each option of one cluster.
    assert first.values["image_repo_password"] != second.values["image_repo_password"]
    same = WriteOnlyNote.of({**OPTIONS, "anp_proxy": "x", "hostguard_proxy": "x"}, "one").values
    assert same["anp_proxy"] != same["hostguard_proxy"]
    slow = hashlib.pbkdf2_hmac("sha256", b"short", f"{first.salt}/image_repo_password".encode(), 100_000).hex()
    assert first.values["image_repo_password"] == slow and len(first.salt) == 32


@pytest.mark.parametrize(
    "content",
    [None, "", "[]", "{", '{"cluster_id": "one"}', '{"values": {}, "salt": ""}', '{"values": [], "cluster_id": 1}'],
)
def test_a_note_of_somebody_else_is_none(content):
    data = {} if content is None else {"write-only": base64.b64encode(content.encode()).decode()}
    assert WriteOnlyNote.read(data) is None
    assert WriteOnlyNote.read({"write-only": "***"}) is None
    unknown = {"cluster_id": "one", "salt": "", "values": {"other": "x"}}
    assert (
        noted({}).values
        == {}
        == WriteOnlyNote.read({"write-only": base64.b64encode(json.dumps(unknown).encode()).decode()}).values
    )
