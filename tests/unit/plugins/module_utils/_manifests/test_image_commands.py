# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests the commands of HSS: the name of the Secret, and the replacement of the placeholder."""

from __future__ import annotations

import base64
import shlex
import subprocess
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.image_commands import (
    PLACEHOLDER,
    password_encodings,
    secret_name,
    with_password,
    with_variable,
)


@pytest.mark.parametrize(
    "command, name",
    [
        (
            "kubectl create secret docker-registry hss-registry -n hss --docker-server=r --docker-password='p w'",
            "hss-registry",
        ),
        ("kubectl -n hss create secret docker-registry --docker-server=r my.secret", "my.secret"),
        (
            "kubectl create secret docker-registry -n hss --docker-server r hss-registry --docker-username u",
            "hss-registry",
        ),
        ("kubectl create ns hss && kubectl create secret docker-registry a1 -n hss && echo b", "a1"),
        ("kubectl create secret docker-registry --docker-server=r", None),
        ("kubectl create secret docker-registry -n", None),
        ("kubectl create secret docker-registry Not_A_Name", None),
        ("kubectl create secret docker-registry $NAME", None),
        ("kubectl create secret generic hss-registry", None),
        ("kubectl create secret docker-registry 'unbalanced", None),
        ("", None),
        (None, None),
    ],
)
def test_the_name_of_the_secret_is_found_in_the_command(command, name):
    assert secret_name(command) == name


@pytest.mark.parametrize(
    "spelt, shown",
    [
        (f"-p {PLACEHOLDER} x", '-p "$REGISTRY_PASSWORD" x'),
        (f"-p '{PLACEHOLDER}' x", '-p "$REGISTRY_PASSWORD" x'),
        (f'-p "{PLACEHOLDER}" x', '-p "$REGISTRY_PASSWORD" x'),
        (f"--password={PLACEHOLDER}", '--password="$REGISTRY_PASSWORD"'),
        (f'"--password={PLACEHOLDER}"', '"--password=${REGISTRY_PASSWORD}"'),
        (f"'u:{PLACEHOLDER}'", "'u:'\"$REGISTRY_PASSWORD\"''"),
        (f"a\\'b {PLACEHOLDER}", 'a\\\'b "$REGISTRY_PASSWORD"'),
        ("nothing of it", "nothing of it"),
    ],
)
def test_the_password_becomes_a_variable_with_any_quoting(spelt, shown):
    assert with_variable(spelt) == shown


WORD = st.text("ab '\"\\$`*é", max_size=6)


@settings(max_examples=60, deadline=None)
@given(password=st.text("ab '\"\\$`*é-", min_size=1, max_size=8), before=WORD, after=WORD, style=st.integers(0, 3))
def test_a_shell_expands_the_command_to_the_same_arguments(password, before, after, style):
    """The oracle is /bin/sh: it must see the arguments that it would see if the password had been there."""
    inner = before + PLACEHOLDER + after
    quoted = [
        shlex.quote(before) + PLACEHOLDER + shlex.quote(after),
        shlex.quote(inner),
        '"' + "".join(f"\\{letter}" if letter in '"\\$`' else letter for letter in inner) + '"',
        shlex.quote(before) + f"'{PLACEHOLDER}'" + shlex.quote(after),
    ][style]
    for replaced in (with_variable(quoted), with_password(quoted, "puller", password)):
        command = f"printf '<%s>' first {replaced} last"
        done = subprocess.run(
            ["/bin/sh", "-c", command], env={"REGISTRY_PASSWORD": password}, capture_output=True, text=True, check=True
        )
        assert done.stdout == f"<first><{before}{password}{after}><last>"


@pytest.mark.parametrize("text", [PLACEHOLDER, f"puller:{PLACEHOLDER}", f"{PLACEHOLDER}\n"])
def test_an_encoded_placeholder_is_replaced_by_the_encoded_password(text):
    command = "auth " + base64.b64encode(text.encode()).decode()
    expected = base64.b64encode(text.replace(PLACEHOLDER, "pass word").encode()).decode()
    assert with_password(command, "puller", "pass word") == f"auth {expected}"


def test_a_password_is_registered_in_every_encoding():
    password = "p@ss w'örd/+"
    known = password_encodings("puller", password)
    assert {
        password,
        quote(password, safe=""),
        quote_plus(password),
        shlex.quote(password),
        "p@ss w'\"'\"'örd/+",
        base64.b64encode(password.encode()).decode(),
        base64.b64encode(f"puller:{password}".encode()).decode(),
    } <= set(known)
