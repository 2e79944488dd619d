# Fashion-MNIST, from Debian's package: the files of the MNIST family.
# shellcheck shell=bash

readonly FILES=(
    train-images-idx3-ubyte
    train-labels-idx1-ubyte
    t10k-images-idx3-ubyte
    t10k-labels-idx1-ubyte
)
# SHA-256 of the decompressed files, which another packaging leaves as they are.
readonly SUMS=(
    c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888
    bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9
    5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b
    0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34
)
readonly PACKAGE=dataset-fashion-mnist
readonly INSTALLED=/usr/share/datasets/fashion-mnist

# Sets `source` to a folder with the four files, fetching the Debian package where it is not installed.
find_source() {
    if [[ -d $INSTALLED ]]; then
        source=$INSTALLED
        say "from the installed package $PACKAGE"
        return
    fi
    if ! command -v apt-get >/dev/null; then
        say "there is no apt-get here. The data set is the project zalandoresearch/fashion-mnist;"
        say "put these files of it into $target and run this again:"
        printf '    %s.gz\n' "${FILES[@]}" >&2
        exit 1
    fi
    say "fetching the package $PACKAGE (31 MB)"
    fetch_packages "$PACKAGE"
    unpack "$work/$PACKAGE"_*.deb "$work/root"
    source=$work/root$INSTALLED
}

# The files of a folder are there, plain or gzipped, and hold the right bytes.
check() {
    local folder=$1 index name sum
    for index in "${!FILES[@]}"; do
        name=${FILES[index]}
        if [[ -f $folder/$name ]]; then
            sum=$(sha256sum <"$folder/$name")
        elif [[ -f $folder/$name.gz ]]; then
            sum=$(gzip -dc "$folder/$name.gz" | sha256sum) || sum=
        else
            say "$folder: $name.gz is missing"
            return 1
        fi
        if [[ ${sum%% *} != "${SUMS[index]}" ]]; then
            say "$folder: $name does not hold the bytes of Fashion-MNIST"
            return 1
        fi
    done
}

# Labels and licence, beside the four files.
describe() {
    printf '%s\n' T-shirt/top Trouser Pullover Dress Coat Sandal Shirt Sneaker Bag 'Ankle boot' \
        >"$1/labels.txt"
    cat >"$1/licence.txt" <<'LICENCE'
MIT (Fashion-MNIST, copyright 2017 Zalando SE)

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or
substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT
OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
LICENCE
}

prepare() {
    local new name
    if [[ -d $target ]] && check "$target"; then
        if [[ ! -f $target/labels.txt || ! -f $target/licence.txt ]]; then
            describe "$target"
        fi
        say "already there"
        return
    fi
    find_source
    check "$source"
    new=$work/new
    mkdir "$new"
    for name in "${FILES[@]}"; do
        cp -- "$source/$name"* "$new/"
    done
    describe "$new"
    put "$new"
}
