#![no_main]
pixling_libfuzzer::target!("update");
