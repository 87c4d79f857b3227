//! Seeded numbers for resampling: the same seed gives the same numbers on every machine, for ever. Not for secrets.

/// A generator of pseudo-random numbers (xoshiro256++, Blackman & Vigna 2019, seeded by SplitMix64).
#[derive(Debug, Clone)]
pub struct Random([u64; 4]);

fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Gives a number that looks like no other: one step of SplitMix64.
pub fn mix(number: u64) -> u64 {
    let mut state = number;
    splitmix(&mut state)
}

impl Random {
    /// Makes the generator of one of many streams of a seed, so that work may be shared out in any order.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut first = seed;
        let mut state = splitmix(&mut first) ^ stream.wrapping_mul(0xd134_2543_de82_ef95);
        Random(std::array::from_fn(|_| splitmix(&mut state)))
    }

    /// Gives 64 random bits.
    pub fn bits(&mut self) -> u64 {
        let s = &mut self.0;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// Gives a whole number under `limit`, each as likely (Lemire 2019); 0 where `limit` is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        if limit == 0 {
            return 0;
        }
        let mut wide = u128::from(self.bits()) * u128::from(limit);
        if (wide as u64) < limit {
            let uneven = limit.wrapping_neg() % limit;
            while (wide as u64) < uneven {
                wide = u128::from(self.bits()) * u128::from(limit);
            }
        }
        (wide >> 64) as u64
    }

    /// Gives a number from 0 up to, and without, 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_the_published_one() {
        // xoshiro256++ from the state 1, 2, 3, 4.
        let mut random = Random([1, 2, 3, 4]);
        let first: Vec<u64> = (0..4).map(|_| random.bits()).collect();
        assert_eq!(first, [41943041, 58720359, 3588806011781223, 3591011842654386]);
    }

    #[test]
    fn streams_differ_and_numbers_spread() {
        let (mut a, mut b) = (Random::new(7, 0), Random::new(7, 1));
        assert_ne!(a.bits(), b.bits());
        assert_eq!(Random::new(7, 1).bits(), Random::new(7, 1).bits());
        let mut seen = [0u32; 6];
        for _ in 0..60_000 {
            seen[a.below(6) as usize] += 1;
            assert!((0.0..1.0).contains(&b.unit()));
        }
        assert!(seen.iter().all(|count| (9_500..10_500).contains(count)), "{seen:?}");
        assert_eq!(a.below(0), 0);
    }
}
