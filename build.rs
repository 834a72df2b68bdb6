//! Tells the linker how to make a Node-API addon; knows nothing of the crate's sources.

fn main() {
    #[cfg(feature = "binding")]
    napi_build::setup();
}
