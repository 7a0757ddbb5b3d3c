//! Checks JSON against a JSON Schema (draft 2020-12), as far as ours needs it.
//!
//! The crates that know all of it change the features of dependencies of tract,
//! which would then be built twice. A keyword that is not known here fails the
//! test, so that none is passed over.

use serde_json::Value;

/// Fails unless `value` is what `schema` describes.
#[track_caller]
pub fn assert_valid(schema: &Value, value: &Value) {
    let mut problems = Vec::new();
    let checker = Checker { root: schema };
    checker.check(schema, value, "$", &mut problems);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// What is wrong with `value`, each with its place in it.
pub fn problems(schema: &Value, value: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    Checker { root: schema }.check(schema, value, "$", &mut problems);
    problems
}

struct Checker<'s> {
    root: &'s Value,
}

impl Checker<'_> {
    fn check(&self, schema: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
        let keywords = schema.as_object().expect("a schema is an object");
        let mut require = |holds: bool, what: &dyn std::fmt::Display| {
            if !holds {
                problems.push(format!("{at}: {value} violates {what}"));
            }
        };
        for (keyword, argument) in keywords {
            match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" => {}
                "type" => {
                    let mut types = match argument {
                        Value::Array(types) => types.iter(),
                        one => std::slice::from_ref(one).iter(),
                    };
                    let holds = types.any(|name| is_of_type(value, name.as_str().unwrap()));
                    require(holds, &format!("type {argument}"));
                }
                "const" => require(value == argument, &format!("const {argument}")),
                "enum" => {
                    let holds = argument.as_array().unwrap().contains(value);
                    require(holds, &format!("enum {argument}"));
                }
                "minimum" => {
                    let holds = value
                        .as_f64()
                        .is_none_or(|v| v >= argument.as_f64().unwrap());
                    require(holds, &format!("minimum {argument}"));
                }
                "maximum" => {
                    let holds = value
                        .as_f64()
                        .is_none_or(|v| v <= argument.as_f64().unwrap());
                    require(holds, &format!("maximum {argument}"));
                }
                "minItems" => {
                    let least = argument.as_u64().unwrap() as usize;
                    let holds = value.as_array().is_none_or(|items| items.len() >= least);
                    require(holds, &format!("minItems {argument}"));
                }
                "maxItems" => {
                    let most = argument.as_u64().unwrap() as usize;
                    let holds = value.as_array().is_none_or(|items| items.len() <= most);
                    require(holds, &format!("maxItems {argument}"));
                }
                "required" => {
                    for name in argument.as_array().unwrap() {
                        let name = name.as_str().unwrap();
                        let holds = value.as_object().is_none_or(|o| o.contains_key(name));
                        require(holds, &format!("required {name}"));
                    }
                }
                "additionalProperties" => {
                    assert_eq!(argument, false, "only false is known");
                    let known = keywords["properties"].as_object().unwrap();
                    let holds = value
                        .as_object()
                        .is_none_or(|o| o.keys().all(|name| known.contains_key(name)));
                    require(holds, &"additionalProperties false");
                }
                // Below, because they need the list of problems themselves.
                "anyOf" | "properties" | "items" | "$ref" => {}
                other => panic!("this checker does not know the keyword {other:?}"),
            }
        }
        self.check_parts(schema, value, at, problems);
    }

    fn check_parts(&self, schema: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
        if let Some(reference) = schema.get("$ref") {
            let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
            let target = self
                .root
                .pointer(pointer)
                .expect("a reference has a target");
            self.check(target, value, at, problems);
        }
        if let Some(Value::Array(choices)) = schema.get("anyOf") {
            let holds = choices.iter().any(|choice| {
                let mut inner = Vec::new();
                self.check(choice, value, at, &mut inner);
                inner.is_empty()
            });
            if !holds {
                problems.push(format!("{at}: {value} violates anyOf"));
            }
        }
        if let (Some(Value::Object(parts)), Value::Object(object)) =
            (schema.get("properties"), value)
        {
            for (name, part) in parts {
                if let Some(value) = object.get(name) {
                    self.check(part, value, &format!("{at}.{name}"), problems);
                }
            }
        }
        if let (Some(part), Value::Array(items)) = (schema.get("items"), value) {
            for (index, value) in items.iter().enumerate() {
                self.check(part, value, &format!("{at}[{index}]"), problems);
            }
        }
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        other => panic!("there is no type {other:?}"),
    }
}
