//! Puts a model file into a program, with its constants, and refuses a bad one at compile time.
//!
//! ```
//! use pixling::{Model, Request};
//!
//! mod model {
//!     pixling_include::include_model!("../../../tests/golden/format-4.pxl");
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut arena = [0; model::ARENA]; // a `static` on a device
//! let picture = model::load()?.generate(&Request::new(model::Class::Two.into(), 2024), &mut arena)?;
//! assert_eq!(picture.pixels().len(), model::WIDTH * model::HEIGHT);
//! # Ok(())
//! # }
//! ```

use pixling::Model;
use pixling::write::constants;
use proc_macro::{Span, TokenStream};
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use std::path::{Path, PathBuf};
use syn::{Error, LitStr};

/// Borrows a model file from the program, in flash on a device, and names what is known of it.
///
/// The path is relative to the source file, as with `include_bytes!`. The macro expands to:
///
/// - `FILE: &[u8]`, the file at an address that is a multiple of 16;
/// - `load() -> Result<Model<'static>, LoadError>`, which checks it once more, on the device;
/// - `ARENA`, `ROWS_ARENA`, `PAGE`, `WIDTH`, `HEIGHT`, `CHANNELS: usize`, and `enum Class` with a variant for each class:
///   the words of a label joined, `Class` before those that do not start with a letter.
///
/// A file that is missing, damaged or of another format version is a compile error that says so.
#[proc_macro]
pub fn include_model(input: TokenStream) -> TokenStream {
    let path = syn::parse_macro_input!(input as LitStr);
    expand(&path)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

fn expand(path: &LitStr) -> Result<Tokens, Error> {
    let complain = |what: String| Error::new(path.span(), format!("{}: {what}", path.value()));
    let file = folder().join(path.value());
    let bytes = std::fs::read(&file).map_err(|error| complain(error.to_string()))?;
    let model = Model::load(&bytes).map_err(|error| complain(error.to_string()))?;
    model
        .self_test(&mut vec![0; model.arena_bytes()])
        .map_err(|error| complain(error.to_string()))?;
    let constants: Tokens = constants(&model)
        .parse()
        .map_err(|error| complain(format!("its constants are no Rust: {error}")))?;
    let absolute = std::path::absolute(&file).unwrap_or(file);
    let absolute = absolute.to_string_lossy();
    Ok(quote! {
        /// The bytes of the model file.
        pub static FILE: &[u8] = {
            #[repr(C, align(16))]
            struct Aligned<T: ?Sized>(T);
            static FILE: &Aligned<[u8]> = &Aligned(*::core::include_bytes!(#absolute));
            &FILE.0
        };

        /// Checks the model file and borrows it.
        ///
        /// # Errors
        ///
        /// When what is in memory is not what was compiled in.
        #[allow(dead_code, reason = "a firmware takes what it needs")]
        pub fn load() -> ::core::result::Result<::pixling::Model<'static>, ::pixling::LoadError> {
            ::pixling::Model::load(FILE)
        }

        #constants
    })
}

/// That of the source file, or of the package where the compiler does not tell, as in an editor.
fn folder() -> PathBuf {
    let source = Span::call_site().local_file();
    let folder = source.as_deref().and_then(Path::parent);
    folder.map(Path::to_owned).unwrap_or_else(|| {
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from)
    })
}
