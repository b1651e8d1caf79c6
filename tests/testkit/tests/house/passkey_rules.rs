//! Which passkeys an organisation takes: copied ones or not, of which makers, of officers and of everybody; and beginning anew.

use std::sync::Arc;

use chancery_duties::gateway::{
    HouseError, InvalidModels, Level, MetadataFile, Models, PasskeyRule, PasskeySettings, Settings,
};
use chancery_testkit::{both, db::Temporary};
use chancery_wire::{api::APPROVAL, problem::Code};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use super::{
    authenticator::{Attests, Forger, Maker, Service},
    door::{Door, expected, problem},
    passkeys::{LINKING, Seat, finish, open, view},
};

both! {
    /// An organisation takes passkeys that can be copied, and later no more; and demands one of everybody.
    async fn the_organisation_says_which_passkeys_it_takes(db: Db) {
        let (mut door, seat, forger) = open(db).await;
        let mut forger = Forger { synced: true, ..forger };
        seat.adds(&door, &forger).await;
        assert!(seat.passkeys(&door).await.passkeys[0].synced);
        let mut settings = Settings::new("bank.example".parse().unwrap());
        (settings.passkeys.rule.synced, settings.passkeys.required) = (false, true);
        door.reopen(settings).await;
        let (refused, body) = (expected(Code::OtherPasskey), json!({"name": "red key"}));
        // It was taken, and approves nothing any more.
        let approval = seat.asks_approval(&door, "POST", "/v1/passkeys", &body.to_string()).await;
        let asked = view(&door, &approval).await;
        forger.counter += 1;
        assert_eq!(finish(&door, &approval, &forger.get(&asked.options)).await, refused);
        // Who has none adds one, of a kind that is taken, and does nothing that is sensitive before.
        let bobs = Seat::of(&door, door.bob.enrolled().unwrap()).await;
        let linking = json!({"linking": "a".repeat(26)});
        let meets = || bobs.asks(&door, &Method::POST, "/v1/linkings", Some(&linking));
        assert_eq!(problem(meets()).await, expected(Code::Unconfirmed));
        let ceremony = bobs.begins(&door, "/v1/passkeys", &body).await;
        let asked = view(&door, &ceremony).await;
        let copied = Forger { synced: true, ..Forger::new(9, door.origin()) };
        assert_eq!(finish(&door, &ceremony, &copied.create(&asked.options)).await, refused);
        let mut kept = Forger::new(9, door.origin());
        assert_eq!(finish(&door, &ceremony, &kept.create(&asked.options)).await.0, 200);
        assert_eq!(problem(meets()).await, expected(Code::Unconfirmed));
        let approval = bobs.approved(&door, &mut kept, ("POST", "/v1/linkings", &linking.to_string())).await;
        assert_eq!(problem(meets().header(APPROVAL, approval.to_string())).await.0, 201);
    }

    /// An organisation takes authenticators of some models only, and of officers one of them.
    async fn a_model_counts_where_its_maker_vouches_for_it(db: Db) {
        let (mut door, _, _) = open(db).await;
        let [good, better, other] = [1, 2, 3].map(|number| Uuid::from_bytes([number; 16]));
        let [makes_good, makes_better, makes_other] = [good, better, other].map(Maker::of);
        // Bob has one from before that attests nothing.
        let bobs = Seat::of(&door, door.bob.enrolled().unwrap()).await;
        let old = Forger::new(7, door.origin());
        bobs.adds(&door, &old).await;
        let models = |names: &[Uuid], makers: &[&Maker]| {
            let names = names.iter().map(Uuid::to_string).collect();
            let roots = makers.iter().map(|maker| maker.root.as_str()).collect();
            PasskeyRule { synced: true, models: Some(Models { names, roots }), level: None }
        };
        let mut settings = Settings::new("bank.example".parse().unwrap());
        settings.passkeys.rule = models(&[good, better], &[&makes_good, &makes_better]);
        settings.passkeys.officers = Some(models(&[better], &[&makes_better]));
        door.reopen(settings).await;
        let refused = expected(Code::OtherPasskey);
        // It is used in vain from now on.
        let approval = bobs.asks_approval(&door, "POST", "/v1/linkings", LINKING).await;
        let asked = view(&door, &approval).await;
        let used = Forger { counter: 2, ..old }.get(&asked.options);
        assert_eq!(finish(&door, &approval, &used).await, refused);
        // An officer lets him begin anew, and nobody else does.
        let alices = Seat::of(&door, door.alice.enrolled().unwrap()).await;
        let reset = |by: &Seat, whose: &str| {
            by.asks(&door, &Method::DELETE, &format!("/v1/accounts/{whose}/passkeys"), None)
        };
        assert_eq!(problem(reset(&bobs, "bob")).await, expected(Code::Denied));
        assert_eq!(problem(reset(&alices, "mallory")).await, expected(Code::NoPasskey));
        assert_eq!(problem(reset(&alices, "bob")).await.0, 204);
        door.has_fact("passkeys.reset", 1).await;
        let truth = Forger::new(9, door.origin());
        let is = |model: Uuid, attests: Attests| Forger { model, attests, ..truth.clone() };
        let by = |maker: &Arc<Maker>| Attests::By(Arc::clone(maker));
        let adds = async |whose: &Seat, forger: &Forger| {
            let ceremony = whose.begins(&door, "/v1/passkeys", &json!({"name": "key"})).await;
            let asked = view(&door, &ceremony).await;
            assert_eq!(asked.options["attestation"], "direct");
            finish(&door, &ceremony, &forger.create(&asked.options)).await
        };
        for (lie, forger) in [
            ("shows nothing", is(good, Attests::Nothing)),
            ("vouches for itself", is(good, Attests::Itself)),
            ("is of another model", is(other, by(&makes_other))),
            ("is of a model that somebody else vouches for", is(good, by(&Maker::of(good)))),
        ] {
            assert_eq!(adds(&bobs, &forger).await, refused, "{lie}");
        }
        // It says that it is another model than its maker's certificate says; that is no attestation at all.
        assert_eq!(adds(&bobs, &is(good, by(&makes_other))).await, expected(Code::BadPasskey));
        assert_eq!(adds(&bobs, &is(good, by(&makes_good))).await.0, 200);
        let kept = bobs.passkeys(&door).await.passkeys;
        assert_eq!(kept[0].model.as_deref(), Some(good.to_string().as_str()));
        // What is good enough for Bob is not for an officer.
        let hers = |forger: Forger| Forger { id: [8; 16], ..forger };
        assert_eq!(adds(&alices, &hers(is(good, by(&makes_good)))).await, refused);
        assert_eq!(adds(&alices, &hers(is(better, by(&makes_better)))).await.0, 200);
        // From now on she confirms what she does to others.
        assert_eq!(problem(reset(&alices, "bob")).await, expected(Code::Unconfirmed));
    }
}

both! {
    /// What FIDO says of models decides which are taken, of whom, and which are not any more; also of passkeys that are there.
    async fn what_the_metadata_says_of_models_is_heeded(db: Db) {
        let (mut door, _, _) = open(db).await;
        let [good, better, other] = [1, 2, 3].map(|number| Uuid::from_bytes([number; 16]));
        let [makes_good, makes_better, makes_other] = [good, better, other].map(Maker::of);
        let service = Service::new();
        let settings = |blob: String| {
            let mut settings = Settings::new("bank.example".parse().unwrap());
            let any = settings.passkeys.rule.clone();
            settings.passkeys.rule.level = Some(Level::L1);
            settings.passkeys.officers = Some(PasskeyRule { level: Some(Level::L2), ..any });
            settings.passkeys.metadata = Some(MetadataFile { blob, root: Some(service.root.clone()) });
            settings
        };
        let said = |number, of_good: &[&str]| {
            let models: [(_, &Maker, &[&str]); 3] = [
                (good, &makes_good, of_good),
                (better, &makes_better, &["NOT_FIDO_CERTIFIED", "FIDO_CERTIFIED_L2"]),
                (other, &makes_other, &["NOT_FIDO_CERTIFIED"]),
            ];
            service.says(number, &models)
        };
        door.reopen(settings(said(5, &["FIDO_CERTIFIED"]))).await;
        door.has_fact("passkeys.metadata-adopted", 1).await;
        let refused = expected(Code::OtherPasskey);
        let bobs = Seat::of(&door, door.bob.enrolled().unwrap()).await;
        let alices = Seat::of(&door, door.alice.enrolled().unwrap()).await;
        let truth = Forger::new(9, door.origin());
        let is = |model: Uuid, maker: &Arc<Maker>, id: u8| Forger { model, attests: Attests::By(Arc::clone(maker)), id: [id; 16], ..truth.clone() };
        let adds = async |whose: &Seat, forger: &Forger| {
            let ceremony = whose.begins(&door, "/v1/passkeys", &json!({"name": "key"})).await;
            let asked = view(&door, &ceremony).await;
            finish(&door, &ceremony, &forger.create(&asked.options)).await
        };
        assert_eq!(adds(&bobs, &is(other, &makes_other, 1)).await, refused, "it has no level");
        assert_eq!(adds(&bobs, &is(good, &Maker::of(good), 2)).await, refused, "somebody else's certificate");
        assert_eq!(adds(&bobs, &Forger { id: [3; 16], ..truth.clone() }).await, refused, "nothing is shown");
        assert_eq!(adds(&bobs, &is(good, &makes_good, 4)).await.0, 200);
        assert_eq!(adds(&alices, &is(good, &makes_good, 5)).await, refused, "an officer needs a better one");
        assert_eq!(adds(&alices, &is(better, &makes_better, 6)).await.0, 200);
        // It becomes known that the model is not safe: what bob has approves nothing any more, from when it is read on.
        let unsafe_now = ["FIDO_CERTIFIED", "USER_VERIFICATION_BYPASS", "UPDATE_AVAILABLE"];
        let read = |blob: String| PasskeySettings { origin: Some(door.origin().to_owned()), ..settings(blob).passkeys };
        door.house.renew_models(&read(said(6, &unsafe_now))).await.unwrap();
        door.has_fact("passkeys.metadata-adopted", 2).await;
        // What cannot be used, and what is older, changes nothing.
        for worse in ["rubbish".to_owned(), said(5, &["FIDO_CERTIFIED"])] {
            door.house.renew_models(&read(worse)).await.unwrap_err();
        }
        let approval = bobs.asks_approval(&door, "POST", "/v1/linkings", LINKING).await;
        let asked = view(&door, &approval).await;
        let used = Forger { counter: 2, ..is(good, &makes_good, 4) }.get(&asked.options);
        assert_eq!(finish(&door, &approval, &used).await, refused);
        // The same edition again is nothing new, and an older one would have it forgotten.
        door.reopen(settings(said(6, &["FIDO_CERTIFIED", "REVOKED"]))).await;
        door.has_fact("passkeys.metadata-adopted", 2).await;
        door.house.stop().await;
        let older = Door::tries(&door.db, settings(said(5, &["FIDO_CERTIFIED"]))).await.unwrap_err();
        assert!(older.to_string().contains("it is number 5, and number 6 was used before"), "{older}");
    }
}

#[tokio::test]
async fn metadata_that_nobody_vouches_for_is_refused_at_the_start() {
    let model = Uuid::from_bytes([1; 16]);
    let (maker, service, liar) = (Maker::of(model), Service::new(), Service::new());
    let good = service.says(1, &[(model, &maker, &["FIDO_CERTIFIED"])]);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let other = liar.says(1, &[(model, &maker, &["FIDO_CERTIFIED_L3"])]);
    let (others, _) = other.rsplit_once('.').unwrap();
    let payload = json!({"no": 1, "nextUpdate": "2099-01-01", "entries": []});
    for (lie, blob, root) in [
        ("no token", "rubbish".to_owned(), Some(&service.root)),
        ("somebody else's", other.clone(), Some(&service.root)),
        ("another payload", format!("{others}.{signature}"), Some(&service.root)),
        ("no signature", format!("{signed}."), Some(&service.root)),
        ("another way of signing", service.signs(&payload, "none"), Some(&service.root)),
        ("not the service's root", good.clone(), None),
        ("no root", good.clone(), Some(&String::new())),
    ] {
        let mut settings = Settings::new("bank.example".parse().unwrap());
        settings.passkeys.metadata = Some(MetadataFile { blob, root: root.cloned() });
        let database = Temporary::sqlite().unwrap();
        let opened = Door::tries(&database.open().await.unwrap(), settings).await;
        assert!(matches!(opened, Err(HouseError::Models(InvalidModels::Metadata(_)))), "{lie}: {opened:?}");
    }
    let mut settings = Settings::new("bank.example".parse().unwrap());
    settings.passkeys.rule.level = Some(Level::L1);
    let database = Temporary::sqlite().unwrap();
    let opened = Door::tries(&database.open().await.unwrap(), settings).await;
    assert!(matches!(opened, Err(HouseError::Models(InvalidModels::NoMetadata))), "{opened:?}");
}

#[tokio::test]
async fn models_that_cannot_be_told_are_refused_at_the_start() {
    let model = "01010101-0101-0101-0101-010101010101";
    let maker = Maker::of(model.parse().unwrap());
    for (names, roots) in [
        (vec!["yubikey"], maker.root.as_str()),
        (vec![model], "nonsense"),
        (vec![], maker.root.as_str()),
        (vec![model], ""),
    ] {
        let mut settings = Settings::new("bank.example".parse().unwrap());
        let names = names.into_iter().map(str::to_owned).collect();
        settings.passkeys.rule.models = Some(Models { names, roots: roots.to_owned() });
        let database = Temporary::sqlite().unwrap();
        let opened = Door::tries(&database.open().await.unwrap(), settings).await;
        assert!(matches!(opened, Err(HouseError::Models(_))), "{opened:?}");
    }
}
