#![no_main]
pixling_libfuzzer::target!("envelope");
