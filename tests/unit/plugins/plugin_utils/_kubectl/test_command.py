# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell command that calls kubectl, run by a real shell, and the reading of its output."""

from __future__ import annotations

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import (
    CANDIDATES,
    Call,
    KubectlError,
    Target,
    document,
    documents,
    host_command,
    plain_text,
    read_answer,
)

# Says which it is and what it was given, and copies what it is to read; what it is not, it swallows.
KUBECTL = """\
#!/bin/sh
printf '%s|' "$(basename "$0")" "$@"; echo
echo "trouble of $*" >&2
case " $* " in *" - "*) cat ;; *) cat >/dev/null ;; esac
case " $* " in *fail*) exit 3 ;; esac
"""


def _write(stream, data):
    with stream:
        stream.write(data)


@pytest.fixture
def host(tmp_path):
    """A host with only what the command needs, and with the kubectls that a test puts there."""

    class Host:
        bin = tmp_path / "bin"
        environment = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path / "home")}

        def put(self, name, text=KUBECTL):
            path = self.bin / name
            path.write_text(text)
            path.chmod(0o755)
            return path

        def done(self, target, calls, data="", more=""):
            command, mark = host_command(target, calls, more)
            shell = ["/bin/sh", "-c", command]
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": self.environment}
            with subprocess.Popen(shell, stdin=subprocess.PIPE, **pipes) as running, ThreadPoolExecutor(1) as writer:
                # As connections do it: a broken pipe is an error.
                written = writer.submit(_write, running.stdin, data)
                stdout, stderr = running.stdout.read(), running.stderr.read()
                written.result(30)
            return mark, {"rc": running.returncode, "stdout": stdout, "stderr": stderr}

        def ask(self, target, calls, data=""):
            mark, done = self.done(target, calls, data)
            return read_answer(target, calls, mark, done)

    host = Host()
    host.bin.mkdir()
    (tmp_path / "home").mkdir()
    for name in ("cat", "basename"):
        (host.bin / name).symlink_to(shutil.which(name))
    return host


GET = Call(["get", "-f", "-"], reads=True)


def test_the_first_kubectl_that_there_is(host):
    for name in ("oc", "microk8s", "k3s", "kubectl"):
        host.put(name)
        answer = host.ask(Target(), [Call(["version"])])
        assert answer.kubectl == next(candidate for candidate in CANDIDATES if candidate.split()[0] == name)
        # As a command of several words.
        assert answer.replies[0].stdout.startswith("|".join(answer.kubectl.split()) + "|--cache-dir=/dev/null|")


@pytest.mark.parametrize(
    "kubectl, name, first",
    [("k0s kubectl", "k0s", "k0s|kubectl"), ("'my kubectl' --as \"a b\"", "my kubectl", "my kubectl|--as|a b")],
)
def test_the_kubectl_that_was_named(host, kubectl, name, first):
    host.put("kubectl")
    host.put(name)
    assert host.ask(Target(kubectl), [GET], "x").replies[0].stdout.startswith(first + "|--cache-dir")


@pytest.mark.parametrize("kubectl", ["'", " ", "# kubectl'"])
def test_what_is_no_command(kubectl):
    with pytest.raises(KubectlError, match="is not a command"):
        Target(kubectl).commands()


def test_no_kubectl_at_all(host):
    with pytest.raises(KubectlError, match="there is no kubectl, k3s kubectl, /var/lib/rancher/.*, oc on this host"):
        host.ask(Target(), [GET])


def test_each_call_has_its_own_outputs_and_only_the_one_that_reads_gets_the_data(host):
    host.put("kubectl")
    data = "first\n\n'x' $(y)\tä\n" + "z" * 200_000 + "\nno end of line"
    calls = [Call(["get", "nodes"]), GET, Call(["fail", "a b", "$(z)"])]
    nodes, got, failed = host.ask(Target(), calls, data).replies
    assert nodes.stdout.endswith("|get|nodes|\n") and (nodes.rc, got.rc, failed.rc) == (0, 0, 3)
    assert got.stdout.partition("\n")[2] == data
    assert failed.stdout.endswith("|fail|a b|$(z)|\n")
    assert nodes.stderr.startswith("trouble of ") and nodes.stderr.endswith("get nodes\n")
    assert "a b" not in nodes.stderr + got.stderr


def test_after_a_vital_call_that_failed_nothing_else_is_called(host):
    host.put("kubectl")
    vital = Call(["version"], vital=True)
    assert len(host.ask(Target(), [vital, vital, GET], "x").replies) == 3
    replies = host.ask(Target(), [vital, Call(["fail"], vital=True), GET], "x" * 1_000_000).replies
    assert [reply.rc for reply in replies] == [0, 3]


def test_data_that_nobody_reads_is_no_broken_pipe(host):
    """Neither without kubectl, nor with one that ends early."""
    data = "x" * 1_000_000
    mark, done = host.done(Target(), [GET], data)
    assert done["rc"] == 0 and f"{mark} trouble kubectl" in done["stdout"]
    host.put("kubectl", "#!/bin/sh\nexit 1\n")
    assert host.ask(Target(), [GET], data).replies[0].rc == 1


def test_banners_and_the_ends_of_lines_of_a_terminal_do_not_matter(host):
    host.put("kubectl", '#!/bin/sh\nprintf "%s" "{\\"a\\": 1}"\n')
    mark, done = host.done(Target(), [GET])
    done["stdout"] = '* Authorized use only *\r\n{"a": 2}\r\n' + done["stdout"].replace("\n", "\r\n") + "Connection"
    done["stderr"] = "stty: no\n" + done["stderr"] + "logout"
    (reply,) = read_answer(Target(), [GET], mark, done).replies
    assert document(reply.stdout) == {"a": 1} and reply.stderr == ""


def test_an_output_that_breaks_off(host):
    host.put("kubectl")
    mark, done = host.done(Target(), [GET, Call(["get", "nodes"])])
    done["stdout"] = done["stdout"].partition(f"{mark} end 1")[0]
    with pytest.raises(KubectlError, match="broke off while kubectl get was running"):
        read_answer(Target(), [GET, Call(["get", "nodes"])], mark, done)


@pytest.mark.parametrize(
    "stderr, words",
    [
        ("sudo: sorry, you must have a tty to run sudo\n", "requiretty"),
        ("sudo: no tty present and no askpass program specified\n", "requiretty"),
        ("/bin/sh: not\x1b[31mfound\x07\n", "exit code 7, /bin/sh: notfound"),
        ("", r"exit code 7\)"),
    ],
)
def test_a_host_that_does_not_run_it(stderr, words):
    with pytest.raises(KubectlError, match=words):
        read_answer(Target(), [GET], "hss-mark", {"rc": 7, "stdout": "", "stderr": stderr})


def test_the_kubeconfig_is_named_and_looked_at_first(host, tmp_path):
    host.put("kubectl")
    home = tmp_path / "home"
    (home / "it's").mkdir()
    (home / "it's/a config").write_text("x")
    for path in ("~/it's/a config", str(home / "it's/a config")):
        (reply,) = host.ask(Target(kubeconfig=path), [GET]).replies
        assert f"|--kubeconfig={home}/it's/a config|" in reply.stdout
    with pytest.raises(KubectlError, match="~/none/config does not exist on this host"):
        host.ask(Target(kubeconfig="~/none/config"), [GET])
    with pytest.raises(KubectlError, match="is a directory"):
        host.ask(Target(kubeconfig=str(home)), [GET])
    (reply,) = host.ask(Target(), [GET]).replies
    assert "--kubeconfig" not in reply.stdout


@pytest.mark.parametrize("path", ["config", "./config", "~other/config", "$HOME/config"])
def test_a_kubeconfig_without_an_absolute_path(path):
    with pytest.raises(KubectlError, match="no absolute path"):
        Target(kubeconfig=path)


def test_what_decides_about_words_and_defaults_is_set(host):
    host.put("kubectl", '#!/bin/sh\necho "$LC_ALL $KUBERC $PATH"\n')
    host.environment |= {"LC_ALL": "zh_CN.UTF-8", "KUBERC": "on"}
    (reply,) = host.ask(Target(), [GET]).replies
    assert reply.stdout.startswith(f"C off {host.bin}:/usr/local/bin:")


def test_more_is_run_with_and_without_a_kubectl(host):
    for _there in (False, True):
        mark, done = host.done(Target(), [GET], more="say more 1 2")
        assert f"\n{mark} more 1 2\n" in done["stdout"]
        host.put("kubectl")


def test_no_mark_can_be_guessed():
    commands = [host_command(Target(), [GET]) for _number in range(2)]
    assert all(mark in command and len(mark) == 20 for command, mark in commands)
    assert commands[0][1] != commands[1][1]


@pytest.mark.parametrize(
    "text, found",
    [
        ("", []),
        ('{"kind": "A"}', ["A"]),
        ('{"kind": "A"}\n{"kind": "B"}\n', ["A", "B"]),
        ('{"kind": "List", "items": []}', []),
        ('{"kind": "List", "items": [{"kind": "A"}, {"kind": "B"}]}', ["A", "B"]),
    ],
)
def test_the_objects_that_were_printed(text, found):
    assert [one["kind"] for one in documents(text)] == found


@pytest.mark.parametrize("text", ["Usage:", "[]", '"x"', '{"kind": "A"} Usage'])
def test_what_is_no_object(text):
    with pytest.raises(KubectlError, match="is it really a kubectl"):
        documents(text)


@pytest.mark.parametrize("text", ["", "{} {}"])
def test_one_object_is_one(text):
    with pytest.raises(KubectlError):
        document(text)


def test_no_escape_sequence_gets_through():
    text = "\x1b[1;31mred\x1b[0m \x1b]0;title\x07\x1b]8;;http://x\x1b\\link\x1bM \x00\x07\x9b\u202e\u200b ä\n世界"
    assert plain_text(text) == "red link  ä\n世界"
