// The control: what the SDK would be if it mapped an error inside a stream to its documented status.

exports.patch = (sdk, statuses) => {
  sdk.Client.prototype.errorInStream = (body) => sdk.Client.errorOf(statuses[body.error.type], body);
};
