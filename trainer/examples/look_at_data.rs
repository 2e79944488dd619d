//! Temporary: a grid of a data set.
use pixling_trainer::{data, grid::Grid};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let n = |i: usize| a[i].parse::<usize>().unwrap();
    let format = data::Format { width: n(2), height: n(2), channels: n(3) };
    let start = std::time::Instant::now();
    let d = match data::load(&a[1], format) { Ok(d) => d, Err(e) => { eprintln!("error: {e}"); return } };
    println!("{:?} {} train {} test {} classes {} licence {} skipped {}", start.elapsed(), d.name, d.train.len(), d.test.len(), d.labels.len(), d.licence, d.skipped.len());
    for s in &d.skipped { println!("  {s}"); }
    let per = n(4); let scale = n(5) as u32;
    let mut grid = Grid::new(d.width, d.height, d.channels, per);
    let split = if a.len() > 7 { &d.test } else { &d.train };
    for c in 0..d.labels.len() {
        let m: Vec<usize> = (0..split.len()).filter(|&i| usize::from(split.classes[i]) == c).collect();
        for k in 0..per { match m.get(k * m.len() / per) { Some(&i) => grid.push(split.picture(i, d.bytes_per_picture())), None => grid.skip() } }
    }
    grid.save(a[6].as_ref(), scale).unwrap();
}
