#![no_main]
pixling_libfuzzer::target!("font");
