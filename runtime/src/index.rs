//! Arithmetic of indices. It wraps: written with operators, each sum would bring the check for overflow, and a panic,
//! into a firmware that is built with such checks. Nothing wraps in fact: the rules of a file bound every size.

/// `first + count * step`: where element `count` stands.
#[inline(always)]
pub(crate) const fn nth(first: usize, count: usize, step: usize) -> usize {
    first.wrapping_add(count.wrapping_mul(step))
}

/// The product of sizes.
#[inline(always)]
pub(crate) const fn product<const N: usize>(factors: [usize; N]) -> usize {
    let (mut product, mut rest) = (1usize, factors.as_slice());
    while let [first, behind @ ..] = rest {
        product = product.wrapping_mul(*first);
        rest = behind;
    }
    product
}

/// `value / 2^bits`, rounded up.
#[inline(always)]
pub(crate) const fn shift_up(value: usize, bits: u32) -> usize {
    nth(value, 1, mask(bits)).wrapping_shr(bits)
}

/// A number with its lowest bits set.
const fn mask(bits: u32) -> usize {
    1usize.wrapping_shl(bits).wrapping_sub(1)
}

/// The elements from `first` on.
#[inline(always)]
pub(crate) fn rest<T>(elements: &[T], first: usize) -> &[T] {
    elements.get(first..).unwrap_or_default()
}
