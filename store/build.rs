//! Rebuilds the crate when a migration is added: `sqlx::migrate!` alone notices only changed files, not new ones.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
    println!("cargo:rerun-if-changed=build.rs");
}
