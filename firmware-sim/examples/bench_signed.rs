//! The cost of a signature: instructions and stack of the end of an update, without and with it, on emulated cores.
//!
//! `tools/bench signed` runs it and puts the table that it prints into docs/flash.md.

use ed25519_compact::{KeyPair, Seed};
use pixling_sim::emulate::{Core, Firmware, Flavour, Machine, build, update};
use pixling_test_support::Network;

fn main() {
    let keys = KeyPair::from_seed(Seed::new([7; Seed::BYTES]));
    println!(
        "| core | file | instructions without | with | of the signature | stack without | with |"
    );
    println!("|---|---|---|---|---|---|---|");
    for core in Core::ALL {
        let firmware = Firmware::read(&build(core, Flavour::Signed).unwrap()).unwrap();
        for network in [Network::nano(), Network::micro_plain()] {
            let file = network.file(1);
            let signature = keys.sk.sign(&file, None);
            let machine = Machine::new(core);
            let updates = update(&file, &signature, &keys.pk, &firmware, &machine).unwrap();
            let [without, with] = &updates[..] else {
                panic!("two updates: {updates:?}");
            };
            assert!(
                without.outcome == "ok" && with.outcome == "ok",
                "{updates:?}"
            );
            println!(
                "| {} | {} bytes | {} k | {} k | {} k | {} | {} |",
                core.name(),
                file.len(),
                without.instructions.div_ceil(1000),
                with.instructions.div_ceil(1000),
                (with.instructions - without.instructions).div_ceil(1000),
                without.stack_bytes,
                with.stack_bytes
            );
        }
    }
}
