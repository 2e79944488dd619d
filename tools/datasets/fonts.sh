# Fonts of free licences, from Debian's packages.
# shellcheck shell=bash

# A package, its licence, and words that its copyright file must have for us to say so.
readonly PACKAGES=(
    'fonts-averia-sans-gwf|OFL-1.1|Open Font License'
    'fonts-averia-serif-gwf|OFL-1.1|Open Font License'
    'fonts-b612|OFL-1.1|OFL-1.1'
    'fonts-bebas-neue|OFL-1.1|OFL-1.1'
    'fonts-cabin|OFL-1.1|OFL-1.1'
    'fonts-cantarell|OFL-1.1|OFL-1.1'
    'fonts-cardo|OFL-1.1|OFL-1.1'
    'fonts-comfortaa|OFL-1.1|OFL-1.1'
    'fonts-comic-neue|OFL-1.1|OFL-1.1'
    'fonts-courier-prime|OFL-1.1|OFL-1.1'
    'fonts-dancingscript|OFL-1.1|OFL-1.1'
    'fonts-dejavu-core|Bitstream Vera|bitstream-vera'
    'fonts-dejavu-extra|Bitstream Vera|bitstream-vera'
    'fonts-dosis|OFL-1.1|OFL-1.1'
    'fonts-ebgaramond|OFL-1.1|OFL-1.1'
    'fonts-essays1743|OFL-1.1 or LGPL-2.1|OFL-1.1'
    'fonts-firacode|OFL-1.1|OFL-1.1'
    'fonts-georgewilliams|OFL-1.1 or BSD-3-Clause|OFL-1.1'
    'fonts-go|BSD-3-Clause|BSD-3-clause'
    'fonts-inconsolata|OFL-1.0|Open Font License'
    'fonts-jetbrains-mono|Apache-2.0|Apache-2'
    'fonts-junction|OFL-1.1|OFL-1.1'
    'fonts-jura|OFL-1.1|OPEN FONT LICENSE'
    'fonts-karla|OFL-1.1|OFL-1.1'
    'fonts-kaushanscript|OFL-1.1|OFL-1.1'
    'fonts-lato|OFL-1.1|OFL-1.1'
    'fonts-league-mono|OFL-1.1|OFL-1.1'
    'fonts-league-spartan|OFL-1.1|OFL-1.1'
    'fonts-liberation2|OFL-1.1|OFL-1.1'
    'fonts-lobstertwo|OFL-1.1|OFL-1.1'
    'fonts-manrope|OFL-1.1|OFL-1.1'
    'fonts-mononoki|OFL-1.1|OFL-1.1'
    'fonts-national-park|OFL-1.1|OFL-1.1'
    'fonts-oldstandard|OFL-1.1|OPEN FONT LICENSE'
    'fonts-open-sans|Apache-2.0|Apache-2.0'
    'fonts-play|OFL-1.1|OFL-1.1'
    'fonts-quattrocento|OFL-1.1|OFL-1.1'
    'fonts-quicksand|OFL-1.1|OFL-1.1'
    'fonts-roboto-slab|Apache-2.0|Apache-2.0'
    'fonts-roboto-unhinted|Apache-2.0|Apache-2.0'
    'fonts-sil-andika|OFL-1.1|OFL-1.1'
    'fonts-sil-charis|OFL-1.1|OFL-1.1'
    'fonts-sil-gentiumplus|OFL-1.1|OFL-1.1'
    'fonts-sora|OFL-1.1|OFL-1.1'
    'fonts-texgyre|GUST Font License|GUST-Font-License'
    'fonts-tuffy|public domain|public-domain'
    'fonts-vollkorn|OFL-1.1|OFL-1.1'
    'fonts-yanone-kaffeesatz|OFL-1.1|OFL-1.1'
)

# add PACKAGE LICENCE WORDS: the fonts of a package, and its copyright file, into the new folder.
add() {
    local files=$work/files copyright
    rm -rf -- "$files"
    unpack "$work/$1"_*.deb "$files"
    copyright=$files/usr/share/doc/$1/copyright
    grep -qi -- "$3" "$copyright" || fail "$1: its copyright file no longer speaks of $3"
    mkdir "$work/new/$1"
    # Links of a package lead to where it would be installed, and to files that are here anyway.
    find "$files" -type f \( -iname '*.ttf' -o -iname '*.otf' \) -exec mv -n -t "$work/new/$1" -- {} +
    cp -- "$copyright" "$work/new/licences/$1.txt"
    echo "$1: $2" >>"$work/licences"
}

prepare() {
    ! prepared || return 0
    local entry package licence words
    local -a names=()
    for entry in "${PACKAGES[@]}"; do
        names+=("${entry%%|*}")
    done
    say "fetching ${#names[@]} packages (50 MB)"
    fetch_packages "${names[@]}"
    mkdir -p "$work/new/licences"
    for entry in "${PACKAGES[@]}"; do
        IFS='|' read -r package licence words <<<"$entry"
        add "$package" "$licence" "$words"
    done
    {
        echo "free font licences: OFL-1.1, Apache-2.0, BSD-3-Clause, Bitstream Vera, GUST, public domain"
        echo
        echo "Each package's own terms are in licences/."
        echo
        cat "$work/licences"
    } >"$work/new/licence.txt"
    cat "$work/licences" >&2
    put "$work/new"
}
