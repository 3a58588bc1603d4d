# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster's programs in .cache/kube/bin: taken from there, or made from Debian's packages and sources."""

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

# A change here makes everybody build again; count it up when other programs, or differently made ones, are needed.
RECIPE = "2"
BUILT = ("kube-apiserver", "kube-controller-manager")
PACKAGED = {"etcd": "etcd-server", "kubectl": "kubernetes-client"}
GO = "golang-1.19"
# Kubernetes 1.20 brings this library in a version that is older than this Go, with which it makes programs crash.
RENEWED = {"github.com/modern-go/reflect2": "golang-github-modern-go-reflect2-dev"}
NEEDED_SPACE = 3 << 30
PR_SET_PDEATHSIG = 1


def programs(say: Callable[[str], None] = lambda _text: None) -> dict[str, Path]:
    """The paths of the programs by name: kube-apiserver, kube-controller-manager, etcd, and the kubectl of their age.

    :arg say: gets a line before anything that takes long.
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
        raise KubeError(
            f"to build Kubernetes {NEEDED_SPACE >> 30} GiB are needed in {CACHE}, {free >> 20} MiB are free"
        )
    started = time.monotonic()
    work = _fresh(CACHE / "work")
    say("fetching Debian's sources and packages")
    archive = Archive(work / "apt")
    packaged = archive.packages(*PACKAGED.values(), into=work / "packaged")
    go = archive.packages(f"{GO}-go", f"{GO}-src", into=work / "go")
    source = _source(archive, work)
    result = work / "bin"
    result.mkdir()
    for name in PACKAGED:
        shutil.copy(packaged / "usr" / "bin" / name, result / name)
    say(f"building Kubernetes, once for this checkout: some minutes and 2 GiB, {LOG} tells how far it is")
    _build(go, source, result, work)
    _try(result)
    (result / "recipe").write_text(RECIPE)
    shutil.rmtree(made, ignore_errors=True)
    result.rename(made)
    shutil.rmtree(work)
    say(f"built in {time.monotonic() - started:.0f} s")


def _fresh(work: Path) -> Path:
    """An empty folder, but for what Go had already compiled in a build that was interrupted."""
    work.mkdir(exist_ok=True)
    for entry in work.iterdir():
        if not entry.is_dir():
            entry.unlink()
        elif entry.name != "compiled":
            shutil.rmtree(entry)
    return work


def _source(archive: Archive, work: Path) -> Path:
    # A path of this shape is how Go finds packages in sources that have no go.mod in use.
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
        "GO111MODULE": "off",  # everything needed is in the sources' folder vendor; nothing is to be downloaded
        "GOPROXY": "off",
        "CGO_ENABLED": "0",
        "TMPDIR": str(_folder(work / "tmp")),
    }
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("wb") as log:

        def run(*command: str | Path) -> None:
            words = [str(word) for word in command]
            log.write(f"$ {' '.join(words)}\n".encode())
            log.flush()
            done = subprocess.run(
                words,
                cwd=source,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_humble,
                check=False,
            )
            if done.returncode:
                end = LOG.read_text(errors="replace")[-2000:]
                raise KubeError(f"{words[0]} {words[1]} exited {done.returncode}, see {LOG}:\n{end}")

        # The one file that is in no source package: it describes every type for `kubectl apply` and `kubectl explain`.
        generator = work / "openapi-gen"
        run("go", "build", "-o", generator, "./vendor/k8s.io/kube-openapi/cmd/openapi-gen")
        run(generator, *_generator_arguments(source, work / "violations"))
        # Without the cloud providers' libraries it takes two thirds of the time.
        flags = ["-v", "-tags", "providerless", "-ldflags", " ".join(["-s", "-w", *_version_flags(source)])]
        run("go", "build", *flags, "-o", f"{result}/", *(f"./cmd/{name}" for name in BUILT))


def _humble() -> None:
    """In the child: give way to what somebody waits for, and do not outlive who wanted it."""
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
    """The version that the programs are to say they are; otherwise they say 0.0.0."""
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


def _try(folder: Path) -> None:
    """See that each program runs here at all, before it counts as made."""
    for name in (*BUILT, *PACKAGED):
        words = ["version", "--client"] if name == "kubectl" else ["--version"]
        try:
            subprocess.run([folder / name, *words], capture_output=True, text=True, check=True, timeout=60)
        except (OSError, subprocess.SubprocessError) as error:
            raise KubeError(f"{name} was made, but does not run here: {error}") from None
