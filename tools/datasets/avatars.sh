# Faces in pixel art, drawn by the npm package @dicebear/pixel-art.
# shellcheck shell=bash

prepare() {
    ! prepared || return 0
    draw avatars.mjs @dicebear/pixel-art@9.4.3 "CC0 1.0 (Pixel Art by DiceBear)"
}
