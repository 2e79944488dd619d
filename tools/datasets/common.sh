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

# draw PROGRAM PACKAGE LICENCE: makes the data set of what the program draws with an npm package.
draw() {
    need node "install Node.js 18 or newer"
    need npm "install npm"
    # Exact versions: the same seed shall draw the same pictures.
    local packages=(@dicebear/core@9.4.3 "$2" @resvg/resvg-js@2.6.2)
    mkdir "$work/packages" "$work/new"
    cp -- "$scripts/$1" "$scripts/drawing.mjs" "$work/packages/"
    # Its own, so that npm does not look for one in the folders above.
    echo '{}' >"$work/packages/package.json"
    say "fetching ${packages[*]}"
    (cd "$work/packages" && npm install --loglevel=error --no-audit --no-fund --no-save --ignore-scripts \
        "${packages[@]}" >&2) || fail "npm cannot fetch the packages: is its registry reachable?"
    say "drawing"
    node "$work/packages/$1" "$work/new" >&2 || fail "the pictures could not be drawn"
    {
        echo "$3"
        echo
        cat "$work/packages/node_modules/${2%@*}/LICENSE"
    } >"$work/new/licence.txt"
    put "$work/new"
}
