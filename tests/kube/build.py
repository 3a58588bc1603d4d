# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster's programs in .cache/kube/bin, which are made from Debian's packages and sources if necessary."""

from __future__ import annotations

import ctypes
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from .debian import Archive, KubeError

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "kube"
LOG = ROOT / ".cache" / "logs" / "kube-build.log"

# The version of the build. A change makes every checkout build again.
RECIPE = "2"
BUILT = ("kube-apiserver", "kube-controller-manager")
PACKAGED = {"etcd": "etcd-server", "kubectl": "kubernetes-client"}
GO = "golang-1.19"
# Kubernetes 1.20 vendors a version of this library that crashes with this newer Go.
RENEWED = {"github.com/modern-go/reflect2": "golang-github-modern-go-reflect2-dev"}
NEEDED_SPACE = 3 << 30
PR_SET_PDEATHSIG = 1


def programs(say: Callable[[str], None] = lambda _text: None) -> dict[str, Path]:
    """The paths of the programs by name: kube-apiserver, kube-controller-manager, etcd, and a kubectl of that age.

    :arg say: is called with a line before each long step.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    made = CACHE / "bin"
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        recipe = made / "recipe"
        if not recipe.exists() or recipe.read_text() != RECIPE:
            _make(made, say)
    return {name: made / name for name in (*BUILT, *PACKAGED)}


def _make(made: Path, say: Callable[[str], None]) -> None:
    free = shutil.disk_usage(CACHE).free
    if free < NEEDED_SPACE:
        raise KubeError(f"building Kubernetes needs {NEEDED_SPACE >> 30} GiB in {CACHE}, {free >> 20} MiB are free")
    started = time.monotonic()
    work = _emptied(CACHE / "work")
    say("fetching Debian's sources and packages")
    archive = Archive(work / "apt")
    packaged = archive.packages(*PACKAGED.values(), into=work / "packaged")
    go = archive.packages(f"{GO}-go", f"{GO}-src", into=work / "go")
    source = _source(archive, work)
    result = work / "bin"
    result.mkdir()
    for name in PACKAGED:
        shutil.copy(packaged / "usr" / "bin" / name, result / name)
    say(f"building Kubernetes, once for this checkout: some minutes and 2 GiB, see {LOG}")
    _build(go, source, result, work)
    _check(result)
    (result / "recipe").write_text(RECIPE)
    shutil.rmtree(made, ignore_errors=True)
    result.rename(made)
    shutil.rmtree(work)
    say(f"built in {time.monotonic() - started:.0f} s")


def _emptied(work: Path) -> Path:
    """Empty a folder, except for what Go has already compiled in an interrupted build."""
    work.mkdir(exist_ok=True)
    for entry in work.iterdir():
        if not entry.is_dir():
            entry.unlink()
        elif entry.name != "compiled":
            shutil.rmtree(entry)
    return work


def _source(archive: Archive, work: Path) -> Path:
    # Without go.mod, Go finds packages by a path of this form.
    source = archive.source("kubernetes", into=work / "path" / "src" / "k8s.io" / "kubernetes")
    renewed = archive.packages(*RENEWED.values(), into=work / "renewed") / "usr" / "share" / "gocode" / "src"
    for library in RENEWED:
        shutil.rmtree(source / "vendor" / library)
        shutil.copytree(renewed / library, source / "vendor" / library)
    return source


def _build(packages: Path, source: Path, result: Path, work: Path) -> None:
    root = packages / "usr" / "lib" / GO.replace("golang", "go")
    environment = {
        "PATH": f"{root}/bin:{os.environ['PATH']}",
        "HOME": str(work),
        "GOROOT": str(root),
        "GOPATH": str(work / "path"),
        "GOCACHE": str(work / "compiled"),
        "GO111MODULE": "off",  # all libraries are in the folder vendor of the sources; nothing is downloaded
        "GOPROXY": "off",
        "CGO_ENABLED": "0",
        "TMPDIR": str(_folder(work / "tmp")),
    }
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("wb") as log:

        def run(*command: str | Path) -> None:
            arguments = [str(argument) for argument in command]
            log.write(f"$ {' '.join(arguments)}\n".encode())
            log.flush()
            done = subprocess.run(
                arguments,
                cwd=source,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_lower_priority,
                check=False,
            )
            if done.returncode:
                end = LOG.read_text(errors="replace")[-2000:]
                raise KubeError(f"{arguments[0]} {arguments[1]} exited {done.returncode}, see {LOG}:\n{end}")

        # The source package does not have this generated file, which describes the types for `kubectl apply`.
        generator = work / "openapi-gen"
        run("go", "build", "-o", generator, "./vendor/k8s.io/kube-openapi/cmd/openapi-gen")
        run(generator, *_generator_arguments(source, work / "violations"))
        # The build without the cloud providers' libraries takes two thirds of the time.
        flags = ["-v", "-tags", "providerless", "-ldflags", " ".join(["-s", "-w", *_version_flags(source)])]
        run("go", "build", *flags, "-o", f"{result}/", *(f"./cmd/{name}" for name in BUILT))


def _lower_priority() -> None:
    """In the child process: lower its priority, and end it with its parent."""
    os.nice(10)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _folder(path: Path) -> Path:
    path.mkdir(exist_ok=True)
    return path


def _generator_arguments(source: Path, report: Path) -> Iterable[str | Path]:
    marked = set()
    for top in ("pkg", "cmd", "staging/src/k8s.io"):
        for file in (source / top).rglob("*.go"):
            if re.search(rb"^//\s*\+k8s:openapi-gen=true", file.read_bytes(), re.MULTILINE):
                marked.add(str(file.parent.relative_to(source)).replace("staging/src/", "vendor/"))
    examples = ("vendor/k8s.io/code-generator/", "vendor/k8s.io/sample-apiserver/")
    packages = [f"k8s.io/kubernetes/{folder}" for folder in sorted(marked) if not folder.startswith(examples)]
    return (
        "--logtostderr",
        *("--input-dirs", ",".join(packages)),
        *("--output-package", "k8s.io/kubernetes/pkg/generated/openapi"),
        *("--output-file-base", "zz_generated.openapi"),
        *("--go-header-file", source / "vendor/k8s.io/code-generator/hack/boilerplate.go.txt"),
        *("--report-filename", report),
    )


def _version_flags(source: Path) -> list[str]:
    """The linker flags with the version, without which the programs report 0.0.0."""
    found = re.search(r"tag: (v(\d+)\.(\d+)\.\d+)", (source / "hack" / "lib" / "version.sh").read_text())
    if not found:
        raise KubeError(f"the sources in {source} do not say which version they are")
    values = {"gitVersion": found[1], "gitMajor": found[2], "gitMinor": found[3], "gitTreeState": "archive"}
    holders = ("component-base/version", "client-go/pkg/version")
    return [
        f"-X k8s.io/kubernetes/vendor/k8s.io/{holder}.{name}={value}"
        for holder in holders
        for name, value in values.items()
    ]


def _check(folder: Path) -> None:
    """Check that each program runs on this machine."""
    for name in (*BUILT, *PACKAGED):
        arguments = ["version", "--client"] if name == "kubectl" else ["--version"]
        try:
            subprocess.run([folder / name, *arguments], capture_output=True, text=True, check=True, timeout=60)
        except (OSError, subprocess.SubprocessError) as error:
            raise KubeError(f"{name} was built, but does not run here: {error}") from None
