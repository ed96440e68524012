// Reads a list of texts (JSON) and writes a list of texts with their parts, a line each.
const { SegmentedMessage } = require("sms-segments-calculator");
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
const counted = texts.map((text) => [text, new SegmentedMessage(text).segmentsCount]);
process.stdout.write("[\n" + counted.map((each) => JSON.stringify(each)).join(",\n") + "\n]\n");
