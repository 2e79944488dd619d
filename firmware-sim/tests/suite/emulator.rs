//! The firmware on emulated cores.

use crate::support::{Workplace, has_emulator};
use pixling::Way;
use pixling_sim::emulate::{self, Core, Firmware, Flavour, Machine, Outcome};
use pixling_sim::{Error, ModelFile, PictureRequest};
use pixling_test_support::{MICRO, Network, Noise, ReferenceModel, Sketch, WAYS_OF_WEIGHTS, small};
use std::time::Duration;

fn machine(core: Core) -> Machine {
    Machine {
        core,
        qemu: None,
        timeout: Duration::from_secs(300),
    }
}

fn emulate_on(core: Core, file: &[u8], requests: &[PictureRequest]) -> Result<Vec<Outcome>, Error> {
    let workplace = Workplace::new(file);
    let file = ModelFile::read(&workplace.path("model.pxl"))?;
    let firmware = Firmware::read(&emulate::build(core, Flavour::Runtime)?)?;
    emulate::emulate(&file, requests, &firmware, &machine(core))
}

const REQUEST: PictureRequest = PictureRequest {
    class: 9,
    seed: 2024,
    style: u64::MAX,
    z_s_percent: 100,
    z_u_percent: 50,
    way: Way::Joint,
};

#[test]
fn every_core_draws_the_same_bytes_within_its_arena() {
    if !has_emulator() {
        return;
    }
    let file = MICRO.file(0);
    let requests: Vec<PictureRequest> = (0..10)
        .map(|class| PictureRequest { class, ..REQUEST })
        .collect();
    for core in Core::ALL {
        let outcomes = emulate_on(core, &file, &requests).unwrap();
        println!("{}", emulate::table(&outcomes));
        assert_eq!(outcomes.len(), requests.len());
        for outcome in &outcomes {
            assert!(outcome.is_good(), "{outcome:?}");
            assert_eq!(outcome.arena_touched_bytes, outcome.arena_bytes as u64);
            assert!(outcome.stack_bytes < 4096, "{outcome:?}");
            assert!(outcome.instructions_per_mac < 20.0, "{outcome:?}");
        }
        let first = &outcomes[0].pixels;
        assert!(outcomes[1..].iter().all(|outcome| outcome.pixels != *first));
    }
}

#[test]
fn instructions_repeat_to_the_last_one() {
    if !has_emulator() {
        return;
    }
    let file = MICRO.file(0);
    let count = || emulate_on(Core::M4, &file, &[REQUEST]).unwrap()[0].instructions;
    assert_eq!(count(), count());
}

#[test]
fn colour_and_odd_sizes_are_the_same_too() {
    if !has_emulator() {
        return;
    }
    for (side, channels, features) in [(32, 3, 16), (20, 3, 8), (12, 1, 4)] {
        let sketch = Sketch {
            side,
            channels,
            features,
        };
        let outcomes = emulate_on(Core::M4, &sketch.file(0), &[REQUEST]).unwrap();
        assert!(outcomes[0].is_good(), "{:?}", outcomes[0]);
    }
}

#[test]
fn more_requests_than_one_boot_takes_are_all_drawn() {
    if !has_emulator() {
        return;
    }
    let sketch = Sketch {
        side: 8,
        channels: 1,
        features: 4,
    };
    let requests: Vec<PictureRequest> = (0..70)
        .map(|step| PictureRequest {
            class: 9,
            seed: u64::MAX - step,
            style: u64::MAX,
            z_s_percent: u16::MAX,
            z_u_percent: u16::MAX,
            way: Way::Styled,
        })
        .collect();
    let outcomes = emulate_on(Core::M4, &sketch.file(0), &requests).unwrap();
    assert_eq!(outcomes.len(), 70);
    assert!(outcomes.iter().all(Outcome::is_good));
}

#[test]
fn a_wrong_golden_picture_fails_the_self_test() {
    if !has_emulator() {
        return;
    }
    let outcomes = emulate_on(Core::M4, &MICRO.file(1), &[REQUEST]).unwrap();
    assert!(outcomes[0].identical && !outcomes[0].self_test);
    assert!(!outcomes[0].is_good());
}

#[test]
fn an_arena_that_is_too_small_is_refused_with_both_numbers() {
    if !has_emulator() {
        return;
    }
    let sketch = Sketch {
        side: 256,
        channels: 1,
        features: 4,
    };
    let error = emulate_on(Core::M4, &sketch.file(0), &[REQUEST]).unwrap_err();
    let Error::ArenaTooSmall { needed, available } = error else {
        panic!("{error}");
    };
    assert!(needed > available && available == 65_536);
}

#[test]
fn a_request_for_a_class_that_the_model_lacks_stops_the_firmware() {
    if !has_emulator() {
        return;
    }
    let request = PictureRequest {
        class: 10,
        ..REQUEST
    };
    let error = emulate_on(Core::M4, &MICRO.file(0), &[request]).unwrap_err();
    assert!(error.to_string().contains("not-drawn"), "{error}");
}

/// The files, from the first on, that fit one after another into some bytes.
fn fitting(files: &[Vec<u8>], room: usize) -> &[Vec<u8>] {
    let mut bytes = 0;
    let fits = |file: &&Vec<u8>| {
        bytes += file.len();
        bytes <= room
    };
    let count = files.iter().take_while(fits).count();
    assert!(count > 0, "{} bytes in {room}", files[0].len());
    &files[..count]
}

/// Boots with the files one after another in the partition: each is tested, the first is drawn from.
fn boot(
    core: Core,
    firmware: &Firmware,
    files: &[Vec<u8>],
    requests: &[PictureRequest],
) -> Vec<Outcome> {
    let workplace = Workplace::new(&files.concat());
    let file = ModelFile::read(&workplace.path("model.pxl")).unwrap();
    let outcomes = emulate::emulate(&file, requests, firmware, &machine(core)).unwrap();
    assert_eq!(outcomes.len(), requests.len());
    assert_eq!(outcomes[0].self_tests.len(), files.len());
    outcomes
}

fn room(firmware: &Firmware) -> usize {
    let partition = firmware.partition();
    (partition.end - partition.start) as usize
}

/// Whether the golden pictures of each file are drawn on a core.
fn self_tests(core: Core, flavour: Flavour, files: &[Vec<u8>]) -> Vec<bool> {
    let firmware = Firmware::read(&emulate::build(core, flavour).unwrap()).unwrap();
    let request = PictureRequest {
        class: 0,
        ..REQUEST
    };
    let mut passed = Vec::new();
    while passed.len() < files.len() {
        let files = fitting(&files[passed.len()..], room(&firmware));
        let outcomes = boot(core, &firmware, files, &[request]);
        passed.extend_from_slice(&outcomes[0].self_tests);
    }
    passed
}

/// Draws the golden pictures of networks on a core. Their files hold what the kernels of this machine drew, which the
/// runtime's own tests hold against the definition.
fn agree(core: Core, flavour: Flavour, networks: &[Network]) {
    let files = (0..).zip(networks).map(|(seed, it)| it.file(seed));
    let files: Vec<Vec<u8>> = files.collect();
    for (passed, network) in self_tests(core, flavour, &files).into_iter().zip(networks) {
        assert!(passed, "core {}: {:?}", core.name(), network.layers);
    }
}

#[test]
fn the_kernels_of_every_core_agree_on_every_small_shape() {
    if !has_emulator() {
        return;
    }
    let in_four_bits = Network::small().map(|network| network.in_four_bits(u32::MAX));
    let networks: Vec<Network> = Network::small().chain(in_four_bits).collect();
    assert_eq!(networks.len(), 2 * 17 * 5 * 19);
    for core in Core::ALL {
        agree(core, Flavour::Runtime, &networks);
    }
}

#[test]
fn the_kernels_of_every_core_agree_on_random_shapes() {
    if !has_emulator() {
        return;
    }
    for core in Core::ALL {
        let mut noise = Noise(core as u64);
        let random = random(&mut noise, 150);
        agree(core, Flavour::Runtime, &random);
    }
}

/// Random networks that every core has room for, with the smallest buffer as well.
fn random(noise: &mut Noise, count: usize) -> Vec<Network> {
    let fits = |network: &Network| {
        let file = network.file(0);
        let model = pixling::Model::load(&file).unwrap();
        let memory = model.arena_bytes() + model.page_bytes(4);
        file.len() <= 40_000 && memory <= 4_300
    };
    // Half of them modulated.
    let random = std::iter::repeat_with(|| {
        let network = Network::random(noise);
        match noise.below(2) {
            0 => network,
            _ => network.modulated(noise),
        }
    });
    random.filter(fits).take(count).collect()
}

/// The blocks that weights are read in have fewer channels than the layer, one phase of a transposed convolution, or start
/// in the middle of a depthwise convolution's input.
#[test]
fn the_kernels_of_every_core_agree_on_weights_that_a_driver_reads() {
    if !has_emulator() {
        return;
    }
    for core in Core::ALL {
        let mut noise = Noise(100 + core as u64);
        let mut networks = random(&mut noise, 100);
        networks.extend(Network::small().step_by(7));
        let in_four_bits = Network::small().map(|network| network.in_four_bits(u32::MAX));
        networks.extend(in_four_bits.step_by(5));
        agree(core, Flavour::Paged, &networks);
    }
}

/// Draws random models that a reference has written and drawn by the documents alone: their golden pictures from memory
/// and through a driver, and requests of the first of some of them.
fn draws_as_the_documents_say(core: Core, count: usize) {
    let mut noise = Noise(1000 + core as u64);
    let firmware = Firmware::read(&emulate::build(core, Flavour::Paged).unwrap()).unwrap();
    let models = std::iter::repeat_with(|| {
        let model = ReferenceModel::random(&mut noise);
        let file = model.random_file(&mut noise);
        (model, file)
    });
    let fits = |(_, file): &(ReferenceModel, Vec<u8>)| {
        let model = pixling::Model::load(file).unwrap();
        file.len() <= 40_000 && model.arena_bytes() + model.page_bytes(4) <= 11 * 1024
    };
    let (models, files): (Vec<_>, Vec<_>) = models.filter(fits).take(count).unzip();
    let mut noise = Noise(core as u64);
    let mut tested = 0;
    while tested < count {
        let models = &models[tested..];
        let files = &files[tested..files.len().min(tested + 20)];
        let files = fitting(files, room(&firmware));
        let requests: Vec<PictureRequest> = (0..10)
            .map(|_| {
                let request = models[0].request(&mut noise);
                PictureRequest {
                    class: request.class,
                    seed: request.seed,
                    style: request.style,
                    z_s_percent: noise.below(300) as u16,
                    z_u_percent: noise.below(300) as u16,
                    way: request.way,
                }
            })
            .collect();
        let outcomes = boot(core, &firmware, files, &requests);
        let name = core.name();
        for (index, passed) in (tested..).zip(&outcomes[0].self_tests) {
            assert!(passed, "core {name}, model {index}");
        }
        for (request, outcome) in requests.iter().zip(&outcomes) {
            let expected = models[0].draw(&request.to_request());
            assert!(
                outcome.pixels == expected,
                "core {name}, model {tested}: {request}"
            );
        }
        tested += files.len();
    }
}

#[test]
fn every_core_draws_random_models_as_the_documents_say() {
    if !has_emulator() {
        return;
    }
    for core in Core::ALL {
        draws_as_the_documents_say(core, 200);
    }
}

#[test]
#[ignore = "minutes: tools/test --long"]
fn every_core_draws_thousands_of_random_models_as_the_documents_say() {
    if !has_emulator() {
        return;
    }
    for core in Core::ALL {
        draws_as_the_documents_say(core, 3000);
    }
}

/// In memory and through a driver.
fn pass_self_tests(files: &[Vec<u8>]) {
    if !has_emulator() {
        return;
    }
    for core in Core::ALL {
        let passed = self_tests(core, Flavour::Paged, files);
        let failed = passed.iter().position(|passed| !passed);
        assert_eq!(failed, None, "core {}", core.name());
    }
}

#[test]
fn every_core_draws_every_window_as_the_documents_say() {
    let files = ReferenceModel::every_window().map(|it| it.file(it.oldest_version(), &[(0, 1)]));
    let files: Vec<Vec<u8>> = files.collect();
    pass_self_tests(&files);
}

#[test]
fn every_core_decodes_every_scale_and_byte_of_four_bits() {
    let models = WAYS_OF_WEIGHTS
        .into_iter()
        .flat_map(|it| ReferenceModel::every_scale_and_byte(it).take(4));
    // The first four have each byte at one place of a word. A golden picture shows a weight of each filter, its class.
    let files = models.flat_map(|model| {
        let classes = (0..model.classes).step_by(4);
        classes.map(move |class| {
            let golden = [0, 1, 2, 3].map(|index| (class + index, 0));
            model.file(model.oldest_version(), &golden)
        })
    });
    let files: Vec<Vec<u8>> = files.collect();
    assert_eq!(files.len(), 2 * 4 * 8);
    pass_self_tests(&files);
}

/// A mixture as the prior, without and with modulations, in both ways, in memory and through a driver.
#[test]
fn a_mixture_and_modulations_are_drawn_the_same_on_every_core() {
    if !has_emulator() {
        return;
    }
    let parts = [small::mixed(small::MIXED), small::modulated(small::MIXED)];
    let files = parts.map(|parts| {
        let workplace = Workplace::new(&small::file_of(&parts));
        ModelFile::read(&workplace.path("model.pxl")).unwrap()
    });
    let requests: Vec<PictureRequest> = (0..60)
        .map(|seed| PictureRequest {
            class: seed as u16 % small::CLASSES,
            seed,
            style: seed / 2,
            z_s_percent: 100,
            z_u_percent: 100,
            way: [Way::Joint, Way::Styled][seed as usize % 2],
        })
        .collect();
    for core in Core::ALL {
        for flavour in [Flavour::Runtime, Flavour::Paged] {
            let firmware = Firmware::read(&emulate::build(core, flavour).unwrap()).unwrap();
            for file in &files {
                let machine = machine(core);
                let outcomes = emulate::emulate(file, &requests, &firmware, &machine).unwrap();
                assert_eq!(outcomes.len(), requests.len());
                let name = core.name();
                assert!(outcomes.iter().all(Outcome::is_good), "{name} {flavour:?}");
            }
        }
    }
}

/// A hundred random requests on every core. A preset that the smallest board has no room for is left out there.
fn is_the_same_on_every_core(network: &Network) {
    if !has_emulator() {
        return;
    }
    let mut noise = Noise(77);
    let file = network.file(11);
    let requests: Vec<PictureRequest> = (0..100)
        .map(|_| PictureRequest {
            class: noise.below(10) as u16,
            seed: u64::from(noise.below(1 << 31)) << 20,
            style: noise.below(1 << 31).into(),
            z_s_percent: noise.below(300) as u16,
            z_u_percent: noise.below(300) as u16,
            way: Way::Joint,
        })
        .collect();
    for core in Core::ALL {
        let outcomes = match emulate_on(core, &file, &requests) {
            Err(Error::ArenaTooSmall { .. } | Error::PartitionTooSmall { .. })
                if core == Core::M0 && matches!(network.name.as_str(), "mini" | "milli") =>
            {
                continue;
            }
            outcomes => outcomes.unwrap(),
        };
        let name = core.name();
        assert_eq!(outcomes.len(), requests.len());
        assert!(outcomes.iter().all(Outcome::is_good), "{name}");
        // A kibibyte of stack is enough.
        assert!(outcomes.iter().all(|it| it.stack_bytes <= 1024), "{name}");
    }
}

#[test]
fn nano_is_the_same_on_every_core() {
    is_the_same_on_every_core(&Network::nano());
}

#[test]
fn micro_is_the_same_on_every_core() {
    is_the_same_on_every_core(&Network::micro());
}

#[test]
fn mini_is_the_same_on_every_core() {
    is_the_same_on_every_core(&Network::mini());
}

#[test]
#[ignore = "a minute: tools/test --long"]
fn milli_is_the_same_on_every_core() {
    is_the_same_on_every_core(&Network::milli());
}

#[test]
fn nano_in_four_bits_is_the_same_on_every_core() {
    is_the_same_on_every_core(&Network::nano().in_four_bits(u32::MAX));
}

#[test]
fn micro_in_four_bits_is_the_same_on_every_core() {
    is_the_same_on_every_core(&Network::micro().in_four_bits(u32::MAX));
}

/// The layers in the middle, which have most of the weights.
#[test]
fn micro_plain_in_eight_and_four_bits_is_the_same_on_every_core() {
    is_the_same_on_every_core(&Network::micro_plain().in_four_bits(0b110));
}
