# Faces of emoji, drawn by the npm package @dicebear/fun-emoji.
# shellcheck shell=bash

prepare() {
    ! prepared || return 0
    draw emoji.mjs @dicebear/fun-emoji@9.4.3 "CC BY 4.0 (Fun Emoji Set by Davis Uche, drawn by DiceBear)"
}
