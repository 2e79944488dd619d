//! The options of a spec, and the folder before them.

use std::path::Path;

use crate::{DataError, Format};

/// Limit on the bytes of a data set's pictures.
pub(crate) const MAX_BYTES: usize = 1 << 31;

/// The largest width and height in pixels: the limit of the runtime.
const MAX_SIDE: usize = pixling::limits::MAX_SIDE as usize;

/// Share of the pictures that is held out by default.
pub(crate) const DEFAULT_TEST_SHARE: f64 = 0.15;

/// Splits the part of a spec after its kind into folder and options.
///
/// The name of a folder may have colons: the folder is the whole when there is such a folder, else
/// the shortest part before a colon that is one.
pub(crate) fn split_folder<'a>(
    spec: &str,
    kind: &'static str,
    rest: Option<&'a str>,
) -> Result<(&'a Path, &'a str), DataError> {
    let rest = rest.unwrap_or("");
    let whole = (Path::new(rest), "");
    let mut parts = rest
        .match_indices(':')
        .map(|(at, _)| (Path::new(&rest[..at]), &rest[at + 1..]));
    let (folder, options) = if whole.0.is_dir() {
        whole
    } else {
        let existing = parts.clone().find(|(folder, _)| folder.is_dir());
        // Without such a folder, the error names the path without what looks like options.
        existing
            .or_else(|| parts.rfind(|(_, options)| options.contains('=')))
            .unwrap_or(whole)
    };
    if folder.as_os_str().is_empty() {
        return Err(DataError::NoFolder {
            spec: spec.into(),
            kind,
        });
    }
    Ok((folder, options))
}

/// A spec with its folder as an absolute path: it names the same data from every folder. A spec without a folder, and one
/// whose absolute path is not Unicode, stays as it is.
pub fn absolute(spec: &str) -> String {
    let split = spec
        .split_once(':')
        .filter(|(kind, _)| matches!(*kind, "idx" | "folder" | "fonts"));
    let Some((kind, rest)) = split else {
        return spec.into();
    };
    let (folder, options) = match kind {
        "idx" => (Path::new(rest), ""),
        _ => match split_folder(spec, "", Some(rest)) {
            Ok(split) => split,
            Err(_) => return spec.into(),
        },
    };
    let absolute = std::path::absolute(folder).ok();
    match absolute.as_deref().and_then(Path::to_str) {
        Some(folder) if options.is_empty() => format!("{kind}:{folder}"),
        Some(folder) => format!("{kind}:{folder}:{options}"),
        None => spec.into(),
    }
}

/// The options of a spec, each as a whole, its key, and its value if it has a `=`.
pub(crate) fn pairs(options: &str) -> impl Iterator<Item = (&str, &str, Option<&str>)> {
    let options = Some(options).filter(|options| !options.trim().is_empty());
    let each = options.into_iter().flat_map(|options| options.split(','));
    each.map(|option| {
        let option = option.trim();
        match option.split_once('=') {
            Some((key, value)) => (option, key, Some(value)),
            None => (option, option, None),
        }
    })
}

/// Parses the share of the pictures to hold out.
pub(crate) fn parse_share(spec: &str, option: &str, value: &str) -> Result<f64, DataError> {
    match value.parse() {
        Ok(share) if (0.001..=0.9).contains(&share) => Ok(share),
        _ => Err(bad_option(
            spec,
            option,
            "a share is a number from 0.001 to 0.9",
        )),
    }
}

/// Parses a seed.
pub(crate) fn parse_seed(spec: &str, option: &str, value: &str) -> Result<u64, DataError> {
    value
        .parse()
        .map_err(|_| bad_option(spec, option, "a seed is a whole number below 2^64"))
}

/// The error of an option whose value cannot be used.
pub(crate) fn bad_option(spec: &str, option: &str, problem: impl Into<String>) -> DataError {
    DataError::BadOption {
        spec: spec.into(),
        option: option.into(),
        problem: problem.into(),
    }
}

/// The error of an option that does not exist.
pub(crate) fn unknown_option(spec: &str, option: &str, valid: &'static str) -> DataError {
    DataError::UnknownOption {
        spec: spec.into(),
        option: option.into(),
        valid,
    }
}

/// Refuses formats that pictures cannot be fitted to.
pub(crate) fn check_format(format: Format, smallest_side: usize) -> Result<(), DataError> {
    let Format {
        width,
        height,
        channels,
    } = format;
    let problem = if width < smallest_side || height < smallest_side {
        "width and height are too small"
    } else if width > MAX_SIDE || height > MAX_SIDE {
        "width and height must be at most 1024 pixels"
    } else if channels != 1 && channels != 3 {
        "there must be 1 channel or 3"
    } else {
        return Ok(());
    };
    Err(DataError::BadFormat {
        width,
        height,
        channels,
        problem,
    })
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn options_follow_the_folder() {
        let root = TempDir::new().unwrap();
        let folder = root.path().join("a:b");
        std::fs::create_dir(&folder).unwrap();
        let text = folder.to_str().unwrap();
        for (rest, options) in [
            (text.to_owned(), ""),
            (format!("{text}:"), ""),
            (format!("{text}:test=0.2,seed=3"), "test=0.2,seed=3"),
            (format!("{text}:characters=:;"), "characters=:;"),
        ] {
            let split = split_folder("spec", "folder", Some(&rest)).unwrap();
            assert_eq!(split, (folder.as_path(), options), "{rest}");
        }
    }

    #[test]
    fn an_absolute_spec_names_the_same_data() {
        let here = std::env::current_dir().unwrap();
        let here = here.display();
        for (spec, expected) in [
            ("folder:src", format!("folder:{here}/src")),
            ("folder:src:", format!("folder:{here}/src")),
            ("folder:src:test=0.2", format!("folder:{here}/src:test=0.2")),
            (
                "fonts:src:characters=./",
                format!("fonts:{here}/src:characters=./"),
            ),
            ("folder:no:test=0.2", format!("folder:{here}/no:test=0.2")),
            ("idx:a b", format!("idx:{here}/a b")),
            ("idx:/a:b", "idx:/a:b".into()),
            ("idx:", "idx:".into()),
            ("folder:", "folder:".into()),
            ("strokes:digits", "strokes:digits".into()),
            ("emoji:test=0.2", "emoji:test=0.2".into()),
            ("what", "what".into()),
        ] {
            assert_eq!(absolute(spec), expected, "{spec}");
            assert_eq!(absolute(&expected), expected, "twice");
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_named_without_options() {
        let split = |rest| split_folder("spec", "folder", Some(rest)).unwrap();
        assert_eq!(split("/no/where"), (Path::new("/no/where"), ""));
        assert_eq!(
            split("/no/where:test=0.2"),
            (Path::new("/no/where"), "test=0.2")
        );
        assert_eq!(split("C:\\no"), (Path::new("C:\\no"), ""));
    }

    #[test]
    fn no_folder_is_an_error() {
        for rest in [None, Some(""), Some(":test=0.2")] {
            let error = split_folder("fonts", "fonts", rest).unwrap_err();
            assert_eq!(
                error.to_string(),
                "`fonts` names no folder: write `fonts:FOLDER`"
            );
        }
    }

    #[test]
    fn options_are_split_at_commas_and_the_first_equals_sign() {
        let all: Vec<_> = pairs("digits, characters=a=b,test=").collect();
        assert_eq!(
            all,
            [
                ("digits", "digits", None),
                ("characters=a=b", "characters", Some("a=b")),
                ("test=", "test", Some("")),
            ]
        );
        assert_eq!(pairs(" ").count(), 0);
        assert_eq!(pairs(",").count(), 2);
    }

    #[test]
    fn shares_that_leave_nothing_are_refused() {
        assert_eq!(parse_share("s", "test=0.2", "0.2").unwrap(), 0.2);
        for value in ["0", "1", "-0.1", "2", "nan", "inf", "x", ""] {
            assert!(parse_share("s", "test", value).is_err(), "{value}");
        }
    }
}
