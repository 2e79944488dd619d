# Faces in pixel art, drawn by the npm package @dicebear/pixel-art.
# shellcheck shell=bash

# Exact versions: the same seed shall draw the same faces.
readonly NPM_PACKAGES=(@dicebear/core@9.4.3 @dicebear/pixel-art@9.4.3 @resvg/resvg-js@2.6.2)

prepare() {
    ! prepared || return 0
    need node "install Node.js 18 or newer"
    need npm "install npm"
    mkdir "$work/packages" "$work/new"
    cp -- "$scripts/avatars.mjs" "$work/packages/"
    say "fetching ${NPM_PACKAGES[*]}"
    (cd "$work/packages" && npm install --loglevel=error --no-audit --no-fund --no-save --ignore-scripts \
        "${NPM_PACKAGES[@]}" >&2) || fail "npm cannot fetch the packages: is its registry reachable?"
    say "drawing"
    node "$work/packages/avatars.mjs" "$work/new" >&2 || fail "the avatars could not be drawn"
    {
        echo "CC0 1.0 (Pixel Art by DiceBear)"
        echo
        cat "$work/packages/node_modules/@dicebear/pixel-art/LICENSE"
    } >"$work/new/licence.txt"
    put "$work/new"
}
