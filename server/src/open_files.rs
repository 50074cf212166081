//! The limit of open files. Each connection is one, and the usual soft limit of 1,024 is below `web_sockets`.

/// Most open files that are asked for: more than the connections of the default settings by far.
#[cfg(unix)]
const ENOUGH: u64 = 65_536;

/// Raises the soft limit to the hard limit, at most to 65,536. Returns the limit; `None` where there is none.
#[cfg(unix)]
pub fn raise_limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let current = current?;
    let wanted = maximum.unwrap_or(ENOUGH).min(ENOUGH);
    if current >= wanted {
        return Some(current);
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }) {
        Ok(()) => Some(wanted),
        Err(why) => {
            tracing::warn!(%why, current, "the limit of open files could not be raised");
            Some(current)
        }
    }
}

/// There is no such limit here.
#[cfg(not(unix))]
pub fn raise_limit() -> Option<u64> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    use super::*;

    #[test]
    fn the_soft_limit_is_raised_to_the_hard_one_within_bounds() {
        let maximum = getrlimit(Resource::Nofile).maximum;
        // Enough for the tests that run beside this one.
        let low = maximum.unwrap_or(ENOUGH).min(1000);
        setrlimit(Resource::Nofile, Rlimit { current: Some(low), maximum }).unwrap();
        let expected = maximum.unwrap_or(ENOUGH).min(ENOUGH);
        assert_eq!(raise_limit(), Some(expected));
        assert_eq!(getrlimit(Resource::Nofile).current, Some(expected));
        assert_eq!(raise_limit(), Some(expected), "what is enough is left alone");
    }
}
