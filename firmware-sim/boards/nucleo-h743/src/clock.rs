//! A clock of 400 MHz, from the internal oscillator.

use embassy_stm32::Config;
use embassy_stm32::rcc::{
    AHBPrescaler, APBPrescaler, Pll, PllDiv, PllMul, PllPreDiv, PllSource, Sysclk, VoltageScale,
};

/// The clock of the core.
pub(crate) const CORE_HZ: u32 = 400_000_000;

/// The clock of the display's bus.
pub(crate) const SPI_HZ: u32 = 25_000_000;

/// 64 MHz / 4 * 50 / 2 = 400 MHz, the half of it for buses, a quarter for peripherals; 64 MHz / 4 * 50 / 8 = 100 MHz, a
/// quarter of it for SPI 1.
pub(crate) fn config() -> Config {
    let mut config = Config::default();
    config.rcc.hsi48 = None;
    config.rcc.pll1 = Some(Pll {
        source: PllSource::HSI,
        prediv: PllPreDiv::DIV4,
        mul: PllMul::MUL50,
        fracn: None,
        divp: Some(PllDiv::DIV2),
        divq: Some(PllDiv::DIV8),
        divr: None,
    });
    config.rcc.sys = Sysclk::PLL1_P;
    config.rcc.voltage_scale = VoltageScale::Scale1;
    config.rcc.ahb_pre = AHBPrescaler::DIV2;
    config.rcc.apb1_pre = APBPrescaler::DIV2;
    config.rcc.apb2_pre = APBPrescaler::DIV2;
    config.rcc.apb3_pre = APBPrescaler::DIV2;
    config.rcc.apb4_pre = APBPrescaler::DIV2;
    config
}
