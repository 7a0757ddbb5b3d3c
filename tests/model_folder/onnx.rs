//! As much of the encoding of ONNX as it takes to poison a file, and to write a head that is
//! not the trained one.

/// The raw data of an initialiser of an ONNX file: it follows the name.
pub fn raw_data<'b>(onnx: &'b mut [u8], name: &str) -> &'b mut [u8] {
    const RAW_DATA: u8 = 9 << 3 | 2;
    let tag = [name.as_bytes(), &[RAW_DATA]].concat();
    let found = onnx.windows(tag.len()).position(|window| window == tag);
    let mut start = found.unwrap_or_else(|| panic!("no {name}")) + tag.len();
    let (mut length, mut shift) = (0, 0);
    loop {
        let byte = onnx[start];
        start += 1;
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            return &mut onnx[start..start + length];
        }
    }
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = vec![];
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

fn bytes(field: u64, value: &[u8]) -> Vec<u8> {
    [
        varint(field << 3 | 2),
        varint(value.len() as u64),
        value.to_vec(),
    ]
    .concat()
}

pub fn node(operator: &str, inputs: &[&str], output: &str) -> Vec<u8> {
    let inputs = inputs.iter().flat_map(|input| bytes(1, input.as_bytes()));
    let rest = [bytes(2, output.as_bytes()), bytes(4, operator.as_bytes())].concat();
    inputs.chain(rest).collect()
}

/// Whole numbers that a node takes.
pub fn integers(name: &str, values: &[i64]) -> Vec<u8> {
    let data: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let shape = number(1, values.len() as u64);
    [
        shape,
        number(2, 7),
        bytes(8, name.as_bytes()),
        bytes(9, &data),
    ]
    .concat()
}

/// Weights of this shape, of which the file holds four bytes.
pub fn hollow_weights(name: &str, shape: &[u64]) -> Vec<u8> {
    let shape = shape.iter().flat_map(|length| number(1, *length));
    let rest = [number(2, 1), bytes(8, name.as_bytes()), bytes(9, &[0; 4])].concat();
    shape.chain(rest).collect()
}

/// Weights that another file is said to hold.
pub fn external_weights(name: &str, length: u64, location: &str) -> Vec<u8> {
    let entry = [bytes(1, b"location"), bytes(2, location.as_bytes())].concat();
    [
        number(1, length),
        number(2, 1),
        bytes(8, name.as_bytes()),
        bytes(13, &entry),
        number(14, 1),
    ]
    .concat()
}

fn floats(name: &str, shape: [u64; 2]) -> Vec<u8> {
    let dim = |length: u64| bytes(1, &number(1, length));
    let shape = bytes(2, &shape.map(dim).concat());
    let tensor = bytes(1, &[number(1, 1), shape].concat());
    [bytes(1, name.as_bytes()), bytes(2, &tensor)].concat()
}

/// `features` [1, length] to `logits` [1, 16].
pub fn head(length: u64, nodes: &[Vec<u8>], initializers: &[Vec<u8>]) -> Vec<u8> {
    let mut graph = bytes(2, b"graph");
    graph.extend(nodes.iter().flat_map(|node| bytes(1, node)));
    graph.extend(initializers.iter().flat_map(|weights| bytes(5, weights)));
    graph.extend(bytes(11, &floats("features", [1, length])));
    graph.extend(bytes(12, &floats("logits", [1, 16])));
    let operators = [bytes(1, b""), number(2, 13)].concat();
    [number(1, 7), bytes(7, &graph), bytes(8, &operators)].concat()
}
