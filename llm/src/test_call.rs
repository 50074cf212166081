//! A call as tests make it.

use std::sync::LazyLock;

use tolmach_runtime::ports::{ModelCall, Purpose};
use uuid::Uuid;

pub(crate) static CALL: LazyLock<ModelCall> = LazyLock::new(|| ModelCall {
    chat: "web:1".to_owned(),
    turn: Uuid::nil(),
    release: "r1".to_owned(),
    flow: "shop".to_owned(),
    node: "offer".to_owned(),
    purpose: Purpose::Generate,
    role: "default".to_owned(),
});
