//! What was made lately, up to so many bytes: the least lately used goes first.

use std::sync::Arc;

/// Values by key, the most lately used last.
#[derive(Debug)]
pub struct Cache<K, V> {
    entries: Vec<(K, Arc<V>, usize)>,
    bytes: usize,
    most: usize,
}

impl<K: PartialEq, V> Cache<K, V> {
    /// Makes a cache of so many bytes.
    pub fn of(most: usize) -> Self {
        Cache { entries: Vec::new(), bytes: 0, most }
    }

    /// Gives a value by its key, and notes that it was used.
    pub fn get(&mut self, is: impl Fn(&K) -> bool) -> Option<Arc<V>> {
        self.take(|key, _| is(key))
    }

    /// Gives a value for which something holds, and notes that it was used.
    pub fn take(&mut self, holds: impl Fn(&K, &V) -> bool) -> Option<Arc<V>> {
        let at = self.entries.iter().position(|(key, value, _)| holds(key, value))?;
        let entry = self.entries.remove(at);
        let value = Arc::clone(&entry.1);
        self.entries.push(entry);
        Some(value)
    }

    /// Gives the first value, from the most lately used on, for which something holds.
    pub fn find(&self, holds: impl Fn(&K, &V) -> bool) -> Option<Arc<V>> {
        self.entries
            .iter()
            .rev()
            .find(|(key, value, _)| holds(key, value))
            .map(|(_, value, _)| Arc::clone(value))
    }

    /// Keeps a value of so many bytes. One that is larger than the whole is kept alone.
    pub fn put(&mut self, key: K, value: Arc<V>, bytes: usize) {
        self.entries.retain(|(known, _, held)| {
            let same = *known == key;
            if same {
                self.bytes -= held;
            }
            !same
        });
        self.bytes += bytes;
        self.entries.push((key, value, bytes));
        while self.bytes > self.most && self.entries.len() > 1 {
            let (_, _, gone) = self.entries.remove(0);
            self.bytes -= gone;
        }
    }

    /// Gives all that is kept.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &Arc<V>)> {
        self.entries.iter().map(|(key, value, _)| (key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_least_lately_goes_first() {
        let mut cache = Cache::of(10);
        for (key, bytes) in [(1, 4), (2, 4)] {
            cache.put(key, Arc::new(key), bytes);
        }
        assert!(cache.get(|key| *key == 1).is_some());
        cache.put(3, Arc::new(3), 4);
        assert!(cache.get(|key| *key == 2).is_none() && cache.get(|key| *key == 1).is_some());
        cache.put(4, Arc::new(4), 100);
        assert_eq!((cache.entries.len(), cache.bytes), (1, 100));
        cache.put(4, Arc::new(4), 1);
        assert_eq!((cache.entries.len(), cache.bytes), (1, 1));
    }
}
