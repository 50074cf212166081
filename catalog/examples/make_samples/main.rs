//! Writes the sample price lists and the pictures of their goods: `cargo run -p tolmach-catalog --example make_samples`.
//!
//! The output is the same on every run; a test compares it with the committed files.

#![expect(clippy::print_stdout, reason = "it tells what it wrote")]

mod goods;
mod pictures;
mod write;

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalog-samples");
    for (name, bytes) in [("tolmach-samples.xlsx", write::samples()?), ("messy-price.xlsx", write::messy()?)]
    {
        std::fs::write(folder.join(name), bytes)?;
        println!("wrote catalog-samples/{name}");
    }
    let folder = folder.join("photos");
    std::fs::create_dir_all(&folder)?;
    for (name, bytes) in pictures::pictures()? {
        std::fs::write(folder.join(&name), bytes)?;
        println!("wrote catalog-samples/photos/{name}");
    }
    Ok(())
}
