//! The source of a model's constants.

use pixling::Model;
use pixling::write::constants;
use pixling_test_support::small;
use std::fs;
use std::process::Command;

/// The constants of a model with these labels, one a line.
fn constants_of(labels: &str) -> String {
    constants(&Model::load(&small::labelled(labels)).unwrap())
}

/// The messages of the compiler about a firmware that denies warnings, and takes the constants as a module and included.
fn compile(constants: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("model.rs"), constants).unwrap();
    let firmware = "#![deny(warnings, missing_docs, unreachable_pub, rustdoc::all)]\n\
                    //! A firmware.\n\
                    mod model;\n\
                    mod same { include!(\"model.rs\"); }\n\
                    fn main() { assert_eq!(model::ARENA, same::ARENA); }\n";
    fs::write(path("firmware.rs"), firmware).unwrap();
    let output = Command::new("rustc")
        .args(["--edition", "2024", "--emit", "metadata", "--out-dir"])
        .args([folder.path(), &path("firmware.rs")])
        .output()
        .unwrap();
    let messages = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.success(), messages.is_empty(), "{messages}");
    messages
}

#[test]
fn classes_of_like_names_are_told_apart() {
    let source = constants_of("ankle boot\nAnkle-Boot\nself");
    for variant in [
        "    /// `ankle boot`\n    LowerAnkleBoot = 0,\n",
        "    /// `Ankle-Boot`\n    AnkleBoot = 1,\n",
        "    /// `self`\n    ClassSelf = 2,\n",
    ] {
        assert!(source.contains(variant), "{source}");
    }
    assert!(source.contains("pub const WIDTH: usize = 4;"), "{source}");
}

#[test]
fn a_firmware_that_denies_warnings_compiles_with_any_labels() {
    for labels in [
        "0\n1\n2",
        "Cat\ncat\nNASA",
        "C\nC++\nC#",
        "日本\nлиса\nÉlan",
        "кошка\nкот\nlisa",
        "кошка\nлиса\nсор",
        // Like Latin letters, alone in their script, and of no script.
        "\u{441}\u{43e}\u{440}\nCop\n\u{421}lass",
        "\u{30ed}\n\u{53e3}\n\u{3b1}",
        "\u{1f600}\n\u{fb01}sh\n\u{10d0}",
        "o\u{308}\n\u{f6}\nहिन्दी",
        // Codes, directions of writing, and Markdown.
        "\u{1b}[31mred\n\u{202e}tac\na\rb",
        "`<b>`\n[link]\n\"\\",
    ] {
        let source = constants_of(labels);
        let messages = compile(&source);
        assert!(messages.is_empty(), "{source}{messages}");
    }
    // The compiler is asked in earnest.
    let source = constants_of("a\nb\nc").replace("    A = 0", "    a = 0");
    assert!(compile(&source).contains("upper camel case"));
}
