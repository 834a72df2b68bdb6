//! Random scripts that mix every read, over random bytes at random cuts: the answers are those of one chunk.

use std::rc::Rc;

use proptest::{collection::vec, prelude::*, sample::Index};

use super::{search::telling_byte, *};
use crate::framing::DoubleByte;

fn boundary() -> impl Strategy<Value = Boundary> {
    prop::sample::select(vec![
        Boundary::Any,
        Boundary::Any,
        Boundary::Even,
        Boundary::DoubleByte(DoubleByte::Gb18030),
        Boundary::DoubleByte(DoubleByte::ShiftJis),
        Boundary::DoubleByte(DoubleByte::EucJp),
        Boundary::Iso2022Jp,
    ])
}

fn markers() -> impl Strategy<Value = Rc<Markers>> {
    (vec(vec(telling_byte(), 1..4), 1..4), boundary()).prop_map(|(markers, boundary)| {
        Rc::new(Markers::new(&markers.iter().map(|marker| &marker[..]).collect::<Vec<_>>(), boundary))
    })
}

fn rule() -> impl Strategy<Value = Rc<LineRule>> {
    prop_oneof![
        Just((b"\n".to_vec(), b"\r".to_vec(), Boundary::Any)),
        Just((b"\n".to_vec(), Vec::new(), Boundary::Any)),
        Just((b"\n\0".to_vec(), b"\r\0".to_vec(), Boundary::Even)),
        (vec(telling_byte(), 1..3), vec(telling_byte(), 0..2), boundary()),
    ]
    .prop_map(|(marker, carriage_return, boundary)| Rc::new(LineRule::new(marker, carriage_return, boundary)))
}

fn prefix() -> impl Strategy<Value = Prefix> {
    prop::sample::select(vec![Prefix::U8, Prefix::U16be, Prefix::U16le, Prefix::U24le, Prefix::Varint])
}

fn most() -> impl Strategy<Value = u32> {
    prop::sample::select(vec![1, 2, 3, u32::MAX])
}

fn step() -> impl Strategy<Value = Step> {
    let max_size = || prop_oneof![0..12_usize, Just(usize::MAX)];
    let want =
        prop_oneof![
            Just(Want::Some { max: 1 }),
            (0..9_usize).prop_map(|size| Want::Exactly { size }),
            (markers(), max_size(), any::<bool>()).prop_map(|(markers, max_size, keep)| Want::Until {
                markers,
                max_size,
                keep
            }),
            (rule(), max_size(), any::<bool>(), most())
                .prop_map(|(rule, max_size, keep, most)| Want::Lines { rule, max_size, keep, most }),
            (prefix(), max_size(), most()).prop_map(|(prefix, max_size, most)| Want::Frames {
                prefix,
                max_size,
                most
            }),
            (prop::option::of(markers()), max_size(), any::<bool>())
                .prop_map(|(markers, max_size, keep)| Want::Receive { markers, max_size, keep }),
        ];
    (want, 1..5_usize).prop_map(|(want, count)| match want {
        Want::Some { .. } | Want::Lines { .. } | Want::Frames { .. } => Step { want, count },
        want => once(want),
    })
}

/// The wants of one script, some of them twice in a row with another limit, so that scans are handed on.
fn script() -> impl Strategy<Value = Vec<Step>> {
    vec((step(), prop::option::of(0..40_usize)), 1..8).prop_map(|steps| {
        let mut script = Vec::new();
        for (step, again) in steps {
            script.push(step.clone());
            if let (Want::Until { markers, keep, .. }, Some(max_size)) = (&step.want, again) {
                script.push(once(Want::Until { markers: markers.clone(), max_size, keep: *keep }));
            }
        }
        script.push(once(Want::All { max_size: usize::MAX }));
        script
    })
}

fn chunks<'a>(input: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
    places.extend([0, input.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| &input[pair[0]..pair[1]]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// 1,000 scripts with 10 random cuttings each, besides all cuttings in two and byte by byte.
    #[test]
    fn every_script_sees_the_same_however_its_bytes_are_cut(
        script in script(),
        input in vec(telling_byte(), 0..48),
        cuttings in vec((vec(any::<Index>(), 0..12), any::<bool>(), vec(any::<bool>(), 1..9)), 10),
    ) {
        let expected = run(&script, &[&input], Ending::Afterwards, &mut || false);
        assert_same_for_simple_cuts(&input, &script, &expected);
        for (cuts, at_once, cancels) in cuttings {
            let ending = if at_once { Ending::WithLastChunk } else { Ending::Afterwards };
            let mut cancels = cancels.into_iter().cycle();
            let seen = run(&script, &chunks(&input, &cuts), ending, &mut || cancels.next() == Some(true));
            prop_assert_eq!(&seen, &expected);
        }
    }
}
