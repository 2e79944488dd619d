//! A report that CI systems read.

use super::compare::Finding;
use crate::Error;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// A test suite for each place, a test for each picture.
///
/// # Errors
///
/// When the report cannot be serialized.
pub fn junit(findings: &[Finding]) -> Result<String, Error> {
    let mut report = Report::new("pixling-sim check");
    let mut places: Vec<&str> = findings.iter().map(|it| it.place).collect();
    places.dedup();
    for place in places {
        let mut suite = TestSuite::new(place);
        for finding in findings.iter().filter(|it| it.place == place) {
            let status = if finding.same {
                TestCaseStatus::success()
            } else {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(format!(
                    "checksum {} expected, {} found, {} bytes differ",
                    finding.expected, finding.found, finding.different_bytes
                ));
                status
            };
            suite.add_test_case(TestCase::new(finding.name.clone(), status));
        }
        report.add_test_suite(suite);
    }
    let text = report.to_string();
    text.map_err(|error| Error::Junit(error.to_string()))
}
