//! Sizes of the two sides of a convolution, and of the planes of a normalization.

/// Sizes of one picture of a batch, in elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Feature maps.
    pub channels: usize,
    /// Rows of a feature map.
    pub height: usize,
    /// Elements of a row.
    pub width: usize,
}

impl Extent {
    /// Elements of one feature map.
    pub fn plane(&self) -> usize {
        self.height * self.width
    }

    /// Elements of all feature maps.
    pub fn elements(&self) -> usize {
        self.channels * self.plane()
    }
}

/// A convolution between a picture and its features; a transposed convolution is the same one run backwards.
///
/// Feature `(y, x)` looks at the picture's rows `y * stride - padding ..` and columns `x * stride - padding ..`, over
/// `kernel` elements each way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// The side that the kernel slides over: a convolution's input, a transposed convolution's output.
    pub picture: Extent,
    /// The other side: a convolution's output, a transposed convolution's input.
    pub features: Extent,
    /// Height and width of the kernel.
    pub kernel: usize,
    /// Distance between two positions of the kernel.
    pub stride: usize,
    /// Zeros around the picture on each side.
    pub padding: usize,
}

impl Geometry {
    /// Elements of the picture that one feature looks at: rows of the matrix of columns.
    pub fn window(&self) -> usize {
        self.picture.channels * self.kernel * self.kernel
    }

    /// The row of the picture (or column) that a kernel offset meets at a position, unless it is padding.
    pub fn source(&self, position: usize, offset: usize, size: usize) -> Option<usize> {
        (position * self.stride + offset)
            .checked_sub(self.padding)
            .filter(|&source| source < size)
    }
}

/// Sizes of a normalization's input, seen as `batch` x `channels` x `plane`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planes {
    /// Samples of the batch.
    pub batch: usize,
    /// Channels, each with its own statistics.
    pub channels: usize,
    /// Elements of a channel in one sample: height times width, or 1 for a vector of features.
    pub plane: usize,
}

impl Planes {
    /// Elements of one sample.
    pub fn sample(&self) -> usize {
        self.channels * self.plane
    }

    /// Elements of one channel in the whole batch.
    pub fn per_channel(&self) -> usize {
        self.batch * self.plane
    }
}
