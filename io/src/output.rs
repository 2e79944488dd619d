//! Outputs: complete or absent, and never in the place of another file.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why an output is not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The system refuses. Its reason is no `source`, as the message has it already.
    #[error("cannot write {}: {reason}; check that its folder exists and may be written", path.display())]
    Write {
        /// The output.
        path: PathBuf,
        /// The system's reason.
        reason: io::Error,
    },
    /// It is a folder.
    #[error("cannot write {}: it is a folder, name a file", path.display())]
    Folder {
        /// The output.
        path: PathBuf,
    },
    /// Two outputs are the same file.
    #[error("{} is written twice: choose another name for one of the outputs", path.display())]
    Twice {
        /// The second output.
        path: PathBuf,
    },
    /// An output is also an input.
    #[error("{} is read by this command: choose another name for the output", path.display())]
    Input {
        /// The output.
        path: PathBuf,
    },
}

impl OutputError {
    fn of(path: &Path) -> impl Fn(io::Error) -> OutputError + '_ {
        move |reason| OutputError::Write {
            path: path.to_owned(),
            reason,
        }
    }
}

/// The place that a path leads to.
enum Place {
    /// A device or a pipe: it is written to.
    Stream,
    /// A file, after all symbolic links, that is replaced or made.
    File(PathBuf),
}

/// Writes an output. A file is written under another name in its folder and renamed, so that neither a reader nor a crash
/// finds half of it; it keeps the permissions of the file that it replaces, a new one has the permissions of any new file.
/// Symbolic links stay, and lead to the new file. A device or a pipe is written to as it is.
///
/// # Errors
///
/// When the folder does not exist or may not be written, the file may not be written, or the disk is full.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    let failed = OutputError::of(path);
    match place(path)? {
        Place::Stream => {
            let stream = OpenOptions::new().write(true).open(path);
            stream.and_then(|mut stream| stream.write_all(bytes))
        }
        Place::File(file) => replace(&file, bytes),
    }
    .map_err(failed)
}

/// Checks the outputs of a command before its work: no two of them are the same file, none is an input, and each has a
/// folder to be in.
///
/// # Errors
///
/// The first output that cannot be written in this way.
pub fn check_outputs<'p>(
    outputs: impl IntoIterator<Item = &'p Path>,
    inputs: impl IntoIterator<Item = &'p Path>,
) -> Result<(), OutputError> {
    let inputs = inputs.into_iter().filter_map(|it| it.canonicalize().ok());
    let inputs: Vec<PathBuf> = inputs.collect();
    let mut taken = Vec::new();
    for path in outputs {
        let Place::File(file) = place(path)? else {
            continue;
        };
        let folder = folder(&file).canonicalize();
        let file = folder
            .map_err(OutputError::of(path))?
            .join(file.file_name().unwrap_or_default());
        if inputs.contains(&file) {
            return Err(OutputError::Input { path: path.into() });
        }
        if taken.contains(&file) {
            return Err(OutputError::Twice { path: path.into() });
        }
        taken.push(file);
    }
    Ok(())
}

/// The path of what belongs to a model file: `.pxl` at the end of its name gives way to the other ending. To any other
/// name the ending is added, so that two models do not share it: `net-0.1` and `net-0.2` have `net-0.1.rs` and
/// `net-0.2.rs`.
pub fn beside(model: &Path, ending: &str) -> PathBuf {
    if model
        .extension()
        .is_some_and(|it| it.eq_ignore_ascii_case("pxl"))
    {
        return model.with_extension(ending);
    }
    let mut name = OsString::from(model);
    name.push(".");
    name.push(ending);
    name.into()
}

fn place(path: &Path) -> Result<Place, OutputError> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => return Err(OutputError::Folder { path: path.into() }),
        Ok(found) if !found.is_file() => return Ok(Place::Stream),
        _ => {}
    }
    /// The links that systems follow, at most.
    const MOST_LINKS: usize = 40;
    let mut file = path.to_owned();
    for _ in 0..MOST_LINKS {
        let is_link = fs::symlink_metadata(&file).is_ok_and(|it| it.is_symlink());
        if !is_link {
            return Ok(Place::File(file));
        }
        let target = fs::read_link(&file).map_err(OutputError::of(path))?;
        // A link that is absolute takes the place of the folder.
        file = folder(&file).join(target);
    }
    Err(OutputError::of(path)(io::Error::other(
        "its symbolic links lead in a circle",
    )))
}

/// The folder that a file is in.
fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let before = fs::metadata(path).ok().map(|it| it.permissions());
    if before.as_ref().is_some_and(fs::Permissions::readonly) {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "it is write-protected",
        ));
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".pixling-");
    // As of any new file, less the user's mask; a temporary file is private.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder(path))?;
    file.write_all(bytes)?;
    if let Some(before) = before {
        file.as_file().set_permissions(before)?;
    }
    File::sync_all(file.as_file())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(folder: &Path, outputs: &[&str], inputs: &[&str]) -> Result<(), String> {
        let paths = |names: &[&str]| -> Vec<PathBuf> {
            names.iter().map(|name| folder.join(name)).collect()
        };
        let (outputs, inputs) = (paths(outputs), paths(inputs));
        let outputs = outputs.iter().map(PathBuf::as_path);
        let inputs = inputs.iter().map(PathBuf::as_path);
        check_outputs(outputs, inputs).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("picture.png");
        write(&path, b"first").unwrap();
        write(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_output_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for (path, words) in [
            (Path::new("/nowhere/at/all.png"), "/nowhere/at/all.png"),
            (folder.path(), "it is a folder"),
        ] {
            let error = write(path, b"").unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        let error = check(folder.path(), &["no/a.png"], &[]).unwrap_err();
        assert!(error.contains("no/a.png"), "{error}");
    }

    #[test]
    fn outputs_and_inputs_do_not_share_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::write(folder.join("model.pxl"), b"model").unwrap();
        fs::create_dir(folder.join("sub")).unwrap();
        assert_eq!(check(folder, &["a", "b"], &["model.pxl", "absent"]), Ok(()));
        let twice = check(folder, &["a", "sub/../a"], &[]).unwrap_err();
        assert!(twice.contains("written twice"), "{twice}");
        let input = check(folder, &["a", "sub/../model.pxl"], &["model.pxl"]).unwrap_err();
        assert!(input.contains("read by this command"), "{input}");
    }

    #[test]
    fn a_file_beside_a_model_has_a_name_of_its_own() {
        for (model, source) in [
            ("model.pxl", "model.rs"),
            ("out/net-0.1.pxl", "out/net-0.1.rs"),
            ("net-0.1", "net-0.1.rs"),
            ("net-0.2", "net-0.2.rs"),
            ("model.rs", "model.rs.rs"),
        ] {
            assert_eq!(beside(Path::new(model), "rs"), Path::new(source));
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_and_lead_to_the_new_file() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("sub")).unwrap();
        symlink("sub/target", path("link")).unwrap();
        symlink("link", path("again")).unwrap();
        // The target is made where there is none, and replaced later.
        for bytes in [b"first!", b"second"] {
            write(&path("again"), bytes).unwrap();
            assert_eq!(fs::read(path("sub/target")).unwrap(), bytes);
        }
        for link in ["link", "again"] {
            assert!(path(link).symlink_metadata().unwrap().is_symlink());
        }
        let twice = check(folder.path(), &["again", "sub/target"], &[]);
        assert!(twice.unwrap_err().contains("written twice"));
        let input = check(folder.path(), &["sub/target"], &["link"]);
        assert!(input.unwrap_err().contains("read by this command"));
        symlink("circle", path("circle")).unwrap();
        let circle = write(&path("circle"), b"").unwrap_err().to_string();
        assert!(circle.contains("circle"), "{circle}");
    }

    /// Devices are the same to this crate, but a test that fails as root would replace them.
    #[cfg(target_os = "linux")]
    #[test]
    fn pipes_are_written_to() {
        use std::io::Read;
        use std::os::unix::fs::FileTypeExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        assert_eq!(check(folder.path(), &["pipe", "pipe"], &["pipe"]), Ok(()));
        // Open at both ends, so that nobody waits.
        let mut pipe = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .unwrap();
        write(&path, b"bytes").unwrap();
        assert!(fs::metadata(&path).unwrap().file_type().is_fifo());
        let mut read = [0; 5];
        pipe.read_exact(&mut read).unwrap();
        assert_eq!(&read, b"bytes");
    }

    /// The mask of a process is for all its threads: a shell sets it, for this test run once more.
    #[cfg(unix)]
    #[test]
    fn permissions_are_the_users() {
        use std::os::unix::fs::PermissionsExt;
        const FOLDER: &str = "PIXLING_TEST_FOLDER";
        if let Some(folder) = std::env::var_os(FOLDER) {
            return write(&Path::new(&folder).join("new"), b"bytes").unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let mode = |name: &str| {
            let found = fs::metadata(folder.path().join(name)).unwrap();
            found.permissions().mode() & 0o777
        };
        let shell = std::process::Command::new("sh")
            .args(["-c", "umask 007; exec \"$0\" --exact \"$1\""])
            .arg(std::env::current_exe().unwrap())
            .arg("output::tests::permissions_are_the_users")
            .env(FOLDER, folder.path())
            .output()
            .unwrap();
        assert!(shell.status.success(), "{shell:?}");
        assert_eq!(mode("new"), 0o660);

        let old = folder.path().join("old");
        let protect = |mode| fs::set_permissions(&old, fs::Permissions::from_mode(mode)).unwrap();
        fs::write(&old, b"old").unwrap();
        protect(0o600);
        write(&old, b"kept").unwrap();
        assert_eq!(mode("old"), 0o600);
        protect(0o444);
        let error = write(&old, b"lost").unwrap_err().to_string();
        assert!(error.contains("write-protected"), "{error}");
        assert_eq!(fs::read(&old).unwrap(), b"kept");
    }
}
