//! All tests of whole commands and trainings, in one program: each of its own would compile the networks again.

mod bad_data;
mod command_line;
mod common;
mod comparison;
mod data_of_a_run;
mod evaluation;
mod flash;
mod interruption;
mod labels;
mod lowering;
mod outputs;
mod own_preset;
mod pack;
mod presets;
mod quantization;
mod report;
mod resume;
mod training;
mod uses;
