# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell command that runs kubectl, run by a real shell, and the parser of its output."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.environment import (
    InvalidEnvironment,
    shell_exports,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl import command as command_module
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import (
    CANDIDATES,
    MAX_STDERR,
    Call,
    KubectlError,
    Target,
    host_command,
    host_input,
    parse_object,
    parse_objects,
    parse_result,
    printable_text,
)

# Prints its name and its arguments. Standard input is copied to the output with the argument -, otherwise discarded.
KUBECTL = """\
#!/bin/sh
printf '%s|' "$(basename "$0")" "$@"; echo
echo "error of $*" >&2
case " $* " in *" - "*) cat ;; *) cat >/dev/null ;; esac
case " $* " in *fail*) exit 3 ;; esac
"""


def _write(stream, data):
    with stream:
        stream.write(data)


@pytest.fixture
def host(tmp_path):
    """A host with only the programs that the command needs, and with the kubectl that a test installs."""

    class Host:
        bin = tmp_path / "bin"
        environment = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path / "home")}

        def install(self, name, text=KUBECTL):
            path = self.bin / name
            path.write_text(text)
            path.chmod(0o755)
            return path

        def execute(self, target, calls, data="", extra_script=""):
            command, mark = host_command(target, calls, extra_script)
            data = host_input(target, mark, data.encode()).decode()
            shell = ["/bin/sh", "-c", command]
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": self.environment}
            with subprocess.Popen(shell, stdin=subprocess.PIPE, **pipes) as running, ThreadPoolExecutor(2) as others:
                # A broken pipe is an error, as in the connection plugins.
                written = others.submit(_write, running.stdin, data)
                read = others.submit(running.stderr.read)
                stdout, stderr = running.stdout.read(), read.result(30)
                written.result(30)
            return mark, {"rc": running.returncode, "stdout": stdout, "stderr": stderr}

        def run_kubectl(self, target, calls, data=""):
            mark, executed = self.execute(target, calls, data)
            return parse_result(target, calls, mark, executed)

    host = Host()
    host.bin.mkdir()
    (tmp_path / "home").mkdir()
    for name in ("cat", "basename", "head", "mktemp", "rm", "sleep", "stat"):
        (host.bin / name).symlink_to(shutil.which(name))
    return host


GET = Call(["get", "-f", "-"], reads_stdin=True)


def test_the_first_existing_kubectl_is_used(host):
    for name in ("oc", "microk8s", "k3s", "kubectl"):
        host.install(name)
        host_result = host.run_kubectl(Target(), [Call(["version"])])
        assert host_result.kubectl == next(candidate for candidate in CANDIDATES if candidate.split()[0] == name)
        # A command can consist of several arguments.
        called = "|".join(host_result.kubectl.split())
        assert host_result.results[0].stdout.startswith(f"{called}|--cache-dir=/")


@pytest.mark.parametrize(
    "kubectl, name, first",
    [("k0s kubectl", "k0s", "k0s|kubectl"), ("'my kubectl' --as \"a b\"", "my kubectl", "my kubectl|--as|a b")],
)
def test_the_kubectl_option_is_used(host, kubectl, name, first):
    host.install("kubectl")
    host.install(name)
    assert host.run_kubectl(Target(kubectl), [GET], "x").results[0].stdout.startswith(first + "|--cache-dir")


@pytest.mark.parametrize("kubectl", ["'", " ", "# kubectl'"])
def test_an_invalid_command_is_refused(kubectl):
    with pytest.raises(KubectlError, match="is not a command"):
        Target(kubectl).commands()


def test_missing_kubectl_is_reported(host):
    with pytest.raises(KubectlError, match="there is no kubectl, k3s kubectl, /var/lib/rancher/.*, oc on this host"):
        host.run_kubectl(Target(), [GET])


def test_each_call_has_its_own_output_and_one_call_gets_the_data(host):
    host.install("kubectl")
    data = "first\n\n'x' $(y)\tä\n" + "z" * 200_000 + "\nno end of line"
    calls = [Call(["get", "nodes"]), GET, Call(["fail", "a b", "$(z)"])]
    nodes, got, failed = host.run_kubectl(Target(), calls, data).results
    assert nodes.stdout.endswith("|get|nodes|\n") and (nodes.rc, got.rc, failed.rc) == (0, 0, 3)
    assert got.stdout.partition("\n")[2] == data
    assert failed.stdout.endswith("|fail|a b|$(z)|\n")
    assert nodes.stderr.startswith("error of ") and nodes.stderr.endswith("get nodes\n")
    assert "a b" not in nodes.stderr + got.stderr


def test_no_call_follows_a_required_call_that_failed(host):
    host.install("kubectl")
    required = Call(["version"], required=True)
    assert len(host.run_kubectl(Target(), [required, required, GET], "x").results) == 3
    results = host.run_kubectl(Target(), [required, Call(["fail"], required=True), GET], "x" * 1_000_000).results
    assert [result.rc for result in results] == [0, 3]


def test_a_call_can_have_a_text_of_its_own(host):
    host.install("kubectl")
    calls = [Call(["delete", "-f", "-"], text='{"a": "it\'s"}'), GET]
    deleted, got = host.run_kubectl(Target(), calls, "x").results
    assert deleted.stdout.partition("\n")[2] == '{"a": "it\'s"}' and got.stdout.partition("\n")[2] == "x"


def test_unread_data_is_no_broken_pipe(host):
    """Neither without kubectl, nor with a kubectl that exits early."""
    data = "x" * 1_000_000
    mark, executed = host.execute(Target(), [GET], data)
    assert executed["rc"] == 0 and f"{mark} problem kubectl" in executed["stdout"]
    host.install("kubectl", "#!/bin/sh\nexit 1\n")
    assert host.run_kubectl(Target(), [GET], data).results[0].rc == 1


def test_banners_and_line_ends_of_a_terminal_are_ignored(host):
    host.install("kubectl", '#!/bin/sh\nprintf "%s" "{\\"a\\": 1}"\n')
    mark, executed = host.execute(Target(), [GET])
    stdout = executed["stdout"].replace("\n", "\r\n")
    executed["stdout"] = '* Authorized use only *\r\n{"a": 2}\r\n' + stdout + "Connection"
    executed["stderr"] = "stty: no\n" + executed["stderr"] + "logout"
    (result,) = parse_result(Target(), [GET], mark, executed).results
    assert parse_object(result.stdout) == {"a": 1} and result.stderr == ""


def test_truncated_output_is_an_error(host):
    host.install("kubectl")
    mark, executed = host.execute(Target(), [GET, Call(["get", "nodes"])])
    executed["stdout"] = executed["stdout"].partition(f"{mark} end 1")[0]
    with pytest.raises(KubectlError, match="was lost while kubectl get was running"):
        parse_result(Target(), [GET, Call(["get", "nodes"])], mark, executed)


@pytest.mark.parametrize(
    "stderr, message",
    [
        ("sudo: sorry, you must have a tty to run sudo\n", "requiretty"),
        ("sudo: no tty present and no askpass program specified\n", "requiretty"),
        ("/bin/sh: not\x1b[31mfound\x07\n", "exit code 7, /bin/sh: notfound"),
        ("", r"exit code 7\)"),
    ],
)
def test_a_command_that_was_not_run_is_an_error_with_the_reason(stderr, message):
    with pytest.raises(KubectlError, match=message):
        parse_result(Target(), [GET], "hss-mark", {"rc": 7, "stdout": "", "stderr": stderr})


SHOW_KUBECONFIG = """\
#!/bin/sh
echo "$KUBECONFIG $*"
for word in "$@"; do case $word in --kubeconfig=*) file=${word#*=} ;; esac; done
stat -c '%a %u' "$file" "${file%/*}"; cat "$file"
"""


def test_the_kubeconfig_is_in_a_private_file_and_gone_afterwards(host):
    """It is passed by name with its only context. Neither KUBECONFIG nor a file in HOME is used."""
    host.install("kubectl", SHOW_KUBECONFIG)
    host.environment["KUBECONFIG"] = "/somewhere/else"
    secret = "a-canary-key: \\n $(reboot) `x` 'y' %s\nlast: 1"
    target = Target(kubeconfig=secret + "\n")
    command, _mark = host_command(target, [GET])
    assert "canary" not in command and "canary" not in repr(target)
    call, modes, folder_modes, *content = host.run_kubectl(target, [GET]).results[0].stdout.splitlines()
    path = call.split("--kubeconfig=")[1].split()[0]
    assert (
        call.startswith(" --cache-dir=/") and "/cache --request-timeout" in call and " --context=hss get -f -" in call
    )
    assert (modes, folder_modes) == (f"600 {os.getuid()}", f"700 {os.getuid()}")
    assert "\n".join(content) == secret
    assert not os.path.exists(os.path.dirname(path))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_the_kubeconfig_is_gone_after_a_signal(host, tmp_path, number):
    host.install("kubectl", f'#!/bin/sh\necho "$*" >{tmp_path}/begun; sleep 1\n')
    command, mark = host_command(Target(kubeconfig="x: 1"), [GET, GET, GET])
    stdin = host_input(Target(kubeconfig="x: 1"), mark, b"x")
    environment = {**host.environment, "PATH": f"{host.bin}:{os.environ['PATH']}"}
    with subprocess.Popen(
        ["/bin/sh", "-c", f"exec {command}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=environment,
        # A shell cannot handle what its parent ignores, such as a program that was started with nohup or with "&".
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    ) as running:
        running.stdin.write(stdin)
        running.stdin.close()
        until = time.monotonic() + 20
        while not (tmp_path / "begun").exists() and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.1)
        running.send_signal(number)
        assert running.wait(20) == 128 + number
    path = (tmp_path / "begun").read_text().split("--kubeconfig=")[1].split()[0]
    assert not os.path.exists(os.path.dirname(path))


def test_a_call_has_a_time_limit_and_its_output_a_maximum(host):
    host.install(
        "kubectl",
        "#!/bin/sh\ncase $* in *slow*) exec sleep 60 ;; esac\nwhile :; do echo xxxxxxxxx >&2 || exit 4; done\n",
    )
    (host.bin / "timeout").symlink_to(shutil.which("timeout"))
    (host.bin / "true").symlink_to(shutil.which("true"))
    started = time.monotonic()
    slow, loud = host.run_kubectl(Target(time_limit=1), [Call(["slow"]), Call(["loud"])]).results
    assert time.monotonic() - started < 20
    assert slow.was_stopped and loud.rc != 0
    assert len(loud.stderr) == MAX_STDERR


def test_too_much_output_is_refused(host, monkeypatch):
    monkeypatch.setattr(command_module, "MAX_STDOUT", 10)
    executed = {"rc": 0, "stdout": "\nm kubectl 0\n\nm begin 0\n12345ä789\nm end 0 0\n", "stderr": ""}
    with pytest.raises(KubectlError, match="printed more than"):
        parse_result(Target(), [GET], "m", executed)


def test_a_host_without_a_private_folder(host):
    host.install("kubectl")
    (host.bin / "mktemp").unlink()
    with pytest.raises(KubectlError, match="cannot create a private folder in any of /dev/shm"):
        host.run_kubectl(Target(kubeconfig="x"), [GET], "data")


def test_the_environment_of_the_task_reaches_kubectl(host):
    """Not in the command line, and without a chance to run a program of the user."""
    host.install("kubectl", '#!/bin/sh\necho "$HTTPS_PROXY|$HOME|$KUBECONFIG|$KUBERC|$X"\n')
    given = {"HTTPS_PROXY": "http://u:it's@p", "HOME": "/h", "KUBECONFIG": "/k", "KUBERC": "on", "X": "a\nb $(z)"}
    target = Target(exports=shell_exports(given))
    assert "it's" not in host_command(target, [GET])[0] and "http" not in repr(target)
    assert host.run_kubectl(target, [GET]).results[0].stdout == "http://u:it's@p|/h||off|a\nb $(z)\n"
    for name, value in (("A B", "x"), ("A", "\0"), ("A\n", ""), ("É", "")):
        with pytest.raises(InvalidEnvironment, match="environment: .* cannot be set in a shell"):
            shell_exports({name: value})


def test_parsing_is_linear():
    """Ten times the output may not take a hundred times as long."""

    def seconds(length):
        outputs = ["\r" * length, "{}" * length, "\n" * length + "{}"]
        started = time.perf_counter()
        parse_result(
            Target(), [GET], "m", {"stdout": f"\nm kubectl 0\n\nm begin 0\n{outputs[0]}\nm end 0 0\n", "stderr": ""}
        )
        for output in outputs[1:]:
            parse_objects(output)
        return time.perf_counter() - started

    seconds(1000)
    assert seconds(200_000) < 40 * max(seconds(20_000), 0.005)


def test_messages_and_defaults_do_not_depend_on_the_host(host):
    host.install("kubectl", '#!/bin/sh\necho "$LC_ALL $KUBERC $PATH"\n')
    host.environment |= {"LC_ALL": "zh_CN.UTF-8", "KUBERC": "on"}
    (result,) = host.run_kubectl(Target(), [GET]).results
    assert result.stdout.startswith(f"C off {host.bin}:/usr/local/bin:")


def test_the_extra_script_runs_with_and_without_kubectl(host):
    for _has_kubectl in (False, True):
        mark, executed = host.execute(Target(), [GET], extra_script="report extra 1 2")
        assert f"\n{mark} extra 1 2\n" in executed["stdout"]
        host.install("kubectl")


def test_marks_are_random():
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
def test_objects_are_parsed(text, found):
    assert [item["kind"] for item in parse_objects(text)] == found


@pytest.mark.parametrize("text", ["Usage:", "[]", '"x"', '{"kind": "A"} Usage'])
def test_other_output_is_refused(text):
    with pytest.raises(KubectlError, match="is it really a kubectl"):
        parse_objects(text)


@pytest.mark.parametrize("text", ["", "{} {}"])
def test_exactly_one_object_is_required(text):
    with pytest.raises(KubectlError):
        parse_object(text)


def test_escape_sequences_are_removed():
    text = "\x1b[1;31mred\x1b[0m \x1b]0;title\x07\x1b]8;;http://x\x1b\\link\x1bM \x00\x07\x9b\u202e\u200b ä\n世界"
    assert printable_text(text) == "red link  ä\n世界"
