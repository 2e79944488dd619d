# What the scripts of the data sets share. `name`, `target` and `work` are set before they run.
# shellcheck shell=bash

say() {
    echo "tools/data: $*" >&2
}

fail() {
    say "$*"
    exit 1
}

# need PROGRAM HINT: stops where a program is missing.
need() {
    command -v "$1" >/dev/null || fail "$1 is missing: $2"
}

# A finished data set is moved into place whole, so one that is there is whole.
prepared() {
    [[ -f $target/licence.txt ]] || return 1
    say "already there (remove the folder to have it made again)"
}

# put FOLDER: makes it the data set. It is on the same file system, so nobody sees half of it.
put() {
    [[ ! -e $target ]] || mv -- "$target" "$work/old"
    mv -- "$1" "$target"
}

# fetch_packages NAME...: puts Debian packages into the work folder, without installing them.
fetch_packages() {
    need apt-get "the data comes in Debian packages, so run this on Debian or Ubuntu"
    if ! download "$@"; then
        [[ $EUID -eq 0 ]] ||
            fail "apt cannot fetch the packages: run 'sudo apt-get update', then this again"
        say "updating the package lists"
        apt-get update >&2
        download "$@" || fail "apt still cannot fetch the packages: Debian 12 and later have them"
    fi
}

# Needs no root: packages are unpacked, not installed.
download() {
    local options=()
    # Root's apt would otherwise warn that its own user cannot write into our folder.
    [[ $EUID -ne 0 ]] || options=(-o APT::Sandbox::User=root)
    (cd "$work" && apt-get -qq "${options[@]}" download "$@" >&2)
}

# unpack FILE FOLDER: the files of a Debian package.
unpack() {
    mkdir -p "$2"
    if command -v dpkg >/dev/null; then
        dpkg -x "$1" "$2"
    else
        (cd "$work" && ar x "$1" && tar -xf data.tar.* -C "$2" && rm -f data.tar.* control.tar.* debian-binary)
    fi
}
