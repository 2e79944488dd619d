//! Pictures a second that the runtime draws on this machine, on one core. `tools/bench-host` runs it.

#[path = "../tests/support/network.rs"]
mod network;

use network::Network;
use pixling::{Model, Request};
use std::time::{Duration, Instant};

fn main() {
    for network in [
        Network::nano(),
        Network::micro(),
        Network::mini(),
        Network::milli(),
    ] {
        let bytes = network.file(1);
        let model = Model::load(&bytes).unwrap();
        let mut arena = vec![0; model.arena_bytes()];
        let (mut pictures, mut sum) = (0u64, 0u64);
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(1) {
            for seed in 0..50 {
                let picture = model
                    .generate(&Request::new(3, pictures + seed), &mut arena)
                    .unwrap();
                sum += u64::from(picture.pixels()[0]);
            }
            pictures += 50;
        }
        let rate = pictures as f64 / start.elapsed().as_secs_f64();
        println!(
            "{:<6} {rate:>9.0} pictures/s {:>6.2} GMAC/s ({})",
            network.name,
            rate * model.macs() as f64 / 1e9,
            sum % 10
        );
    }
}
