//! Signed updates on emulated cores, and `tools/flash sign`, which makes them with OpenSSL.
#![cfg(unix)]

use crate::support::{Workplace, has, has_emulator};
use ed25519_compact::{KeyPair, PublicKey, Seed, Signature};
use embedded_storage::nor_flash::ReadNorFlash;
use pixling::flash::{SIGNATURE_BYTES, SlotError, Slots};
use pixling_sim::emulate::{self, Core, Firmware, Flavour, Machine};
use pixling_sim::testing::{FlashFault, SimulatedFlash};
use pixling_test_support::Network;
use std::path::Path;
use std::process::{Command, Output};

fn take_a_right_signature_and_no_wrong_one(cores: &[Core]) {
    if !has_emulator() {
        return;
    }
    let file = Network::nano().file(1);
    let keys = KeyPair::from_seed(Seed::new([7; Seed::BYTES]));
    let right = *keys.sk.sign(&file, None);
    let mut wrong = right;
    wrong[40] ^= 1;
    for &core in cores {
        let firmware = Firmware::read(&emulate::build(core, Flavour::Signed).unwrap()).unwrap();
        for (signature, told) in [(right, "ok"), (wrong, "wrong-signature")] {
            let machine = Machine::new(core);
            let updates =
                emulate::update(&file, &signature, &keys.pk, &firmware, &machine).unwrap();
            let outcomes: Vec<&str> = updates.iter().map(|it| &it.outcome[..]).collect();
            assert_eq!(outcomes, ["ok", told], "{core:?}");
            println!("{core:?}: {updates:?}");
        }
    }
}

#[test]
fn a_core_takes_a_right_signature_and_no_wrong_one() {
    take_a_right_signature_and_no_wrong_one(&[Core::M0, Core::M4, Core::Rv32]);
}

#[test]
#[ignore = "long: tools/test --long"]
fn a_core_takes_a_right_signature_and_no_wrong_one_on_the_other_cores() {
    take_a_right_signature_and_no_wrong_one(&[Core::M3, Core::M7, Core::M33, Core::M55]);
}

fn tool(place: &Workplace, arguments: &[&str]) -> Output {
    Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/flash"))
        .arg("sign")
        .args(arguments)
        .current_dir(place.path("."))
        .output()
        .unwrap()
}

fn done(place: &Workplace, arguments: &[&str]) -> String {
    let output = tool(place, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Expects exit code 2, one line with all parts on standard error, and the same files as before.
fn refused(place: &Workplace, arguments: &[&str], parts: &[&str]) {
    let contents = || -> Vec<Vec<u8>> {
        let files = place.files();
        let files = files.iter().map(|name| place.path(name));
        files
            .map(|path| std::fs::read(path).unwrap_or_default())
            .collect()
    };
    let before = (place.files(), contents());
    let output = tool(place, arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert_eq!(message.lines().count(), 1, "{arguments:?}: {message}");
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in {message}");
    }
    assert_eq!((place.files(), contents()), before, "{arguments:?}");
}

fn read(place: &Workplace, name: &str) -> Vec<u8> {
    std::fs::read(place.path(name)).unwrap()
}

/// An update of slots that trust the key.
fn update(sent: &[u8], key: &[u8]) -> Result<(), SlotError<FlashFault>> {
    let mut flash = SimulatedFlash::<4, 4, 1024>::new(32);
    let end = flash.capacity() as u32;
    let slots = Slots::new(&mut flash, 0..end).unwrap();
    let mut slots = slots.signed_by(key.try_into().unwrap());
    let mut buffer = [0; 1200];
    let mut writer = slots.update(&mut buffer)?;
    writer.write(sent)?;
    writer.finish(&mut buffer, &mut [0; 4096]).map(|_| ())
}

#[test]
fn a_device_takes_a_file_that_the_tool_signed() {
    if !has("openssl", "openssl") {
        return;
    }
    let file = Network::nano().file(1);
    let place = Workplace::new(&file);
    done(&place, &["--new-key", "key.pem"]);
    assert_eq!(place.files(), ["key.pem", "key.pub", "model.pxl"]);
    use std::os::unix::fs::PermissionsExt;
    let mode = place
        .path("key.pem")
        .metadata()
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let told = done(&place, &["--key", "key.pem", "model.pxl"]);
    assert_eq!(told.lines().count(), 1, "{told}");
    assert_eq!(
        place.files(),
        ["key.pem", "key.pub", "model.pxl", "model.signed.pxl"]
    );
    let (signed, key) = (read(&place, "model.signed.pxl"), read(&place, "key.pub"));
    let (sent, signature) = signed.split_at(file.len());
    assert!(sent == file);
    // By a library that is not OpenSSL.
    let public = PublicKey::from_slice(&key).unwrap();
    let signature = Signature::from_slice(signature).unwrap();
    assert!(public.verify(&file, &signature).is_ok());
    assert_eq!(update(&signed, &key), Ok(()));

    // Another key, whose file is named otherwise, and the bytes after the file are not signed.
    let longer = [&signed[..], b"more"].concat();
    std::fs::write(place.path("longer.pxl"), longer).unwrap();
    done(&place, &["--new-key", "other.pem"]);
    let arguments = ["--key", "other.pem", "longer.pxl", "--output", "sent"];
    done(&place, &arguments);
    let sent = read(&place, "sent");
    assert_eq!(sent.len(), file.len() + SIGNATURE_BYTES);
    assert_eq!(update(&sent, &read(&place, "other.pub")), Ok(()));
    assert_eq!(update(&sent, &key), Err(SlotError::WrongSignature));
    // A signed file is one that is signed again, and the output is replaced.
    done(
        &place,
        &["--key", "key.pem", "sent", "--output", "model.signed.pxl"],
    );
    assert!(read(&place, "model.signed.pxl") == signed);
}

#[test]
fn a_key_is_never_overwritten() {
    if !has("openssl", "openssl") {
        return;
    }
    let place = Workplace::new(&Network::nano().file(1));
    done(&place, &["--new-key", "key.pem"]);
    refused(&place, &["--new-key", "key.pem"], &["key.pem", "exists"]);
    std::fs::remove_file(place.path("key.pem")).unwrap();
    refused(&place, &["--new-key", "key.pem"], &["key.pub", "exists"]);
    std::os::unix::fs::symlink("nowhere", place.path("link.pem")).unwrap();
    refused(&place, &["--new-key", "link.pem"], &["link.pem", "exists"]);
    refused(&place, &["--new-key", "link.pub"], &["link.pub", ".pem"]);
    refused(&place, &["--new-key", "no/key.pem"], &["no/key.pem"]);
    done(&place, &["--new-key", "own.pem"]);
    for output in ["own.pem", "model.pxl", "./own.pub"] {
        let arguments = ["--key", "own.pem", "model.pxl", "--output", output];
        refused(&place, &arguments, &[output, "choose another --output"]);
    }
}

#[test]
fn mistakes_of_signing_are_told() {
    if !has("openssl", "openssl") {
        return;
    }
    let place = Workplace::new(&Network::nano().file(1));
    done(&place, &["--new-key", "key.pem"]);
    refused(&place, &["model.pxl"], &["--key", "--help"]);
    refused(&place, &["--key", "key.pem"], &["a model file", "--help"]);
    refused(&place, &["--key"], &["--key wants a value"]);
    refused(&place, &["--kee", "key.pem"], &["--kee"]);
    refused(
        &place,
        &["--key", "no.pem", "model.pxl"],
        &["no.pem", "--new-key"],
    );
    refused(&place, &["--key", "key.pem", "no.pxl"], &["no.pxl"]);
    refused(
        &place,
        &["--key", "model.pxl", "model.pxl"],
        &["model.pxl", "Ed25519"],
    );
    // A key of another kind.
    let made = Command::new("openssl")
        .args(["genpkey", "-algorithm", "x25519", "-out"])
        .arg(place.path("x.pem"))
        .status();
    assert!(made.unwrap().success());
    refused(
        &place,
        &["--key", "x.pem", "model.pxl"],
        &["x.pem", "Ed25519"],
    );
    let file = read(&place, "model.pxl");
    for (name, bytes, part) in [
        ("cut.pxl", &file[..file.len() - 1], "cut"),
        ("short.pxl", &file[..9], "no model"),
        (
            "other.pxl",
            &b"\x89PNG of more than sixteen bytes"[..],
            "no model",
        ),
    ] {
        std::fs::write(place.path(name), bytes).unwrap();
        refused(&place, &["--key", "key.pem", name], &[name, part]);
    }
    let arguments = ["--key", "key.pem", "model.pxl", "--output", "no/signed"];
    refused(&place, &arguments, &["no/signed"]);
}
