//! The fastest clock that the data sheet allows, from the internal oscillator.

use embassy_stm32::Config;
use embassy_stm32::rcc::{
    AHBPrescaler, APBPrescaler, Pll, PllMul, PllPDiv, PllPreDiv, PllSource, Sysclk,
};

/// The clock of the core.
pub(crate) const CORE_HZ: u32 = 168_000_000;

/// The clock of the display's bus: half of the clock of its peripherals, the most that this bus can do.
pub(crate) const SPI_HZ: u32 = 21_000_000;

/// 16 MHz / 8 * 168 / 2 = 168 MHz, a quarter of it for SPI 2.
pub(crate) fn config() -> Config {
    let mut config = Config::default();
    config.rcc.hsi = true;
    config.rcc.pll_src = PllSource::HSI;
    config.rcc.pll = Some(Pll {
        prediv: PllPreDiv::DIV8,
        mul: PllMul::MUL168,
        divp: Some(PllPDiv::DIV2),
        divq: None,
        divr: None,
    });
    config.rcc.ahb_pre = AHBPrescaler::DIV1;
    config.rcc.apb1_pre = APBPrescaler::DIV4;
    config.rcc.apb2_pre = APBPrescaler::DIV2;
    config.rcc.sys = Sysclk::PLL1_P;
    config
}
